const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

/** A fresh id of `[a-z0-9]`, as credentials carry them: 24 characters, 124 bits of chance. */
export function freshId(): string {
  let id = "";
  while (id.length < 24) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // 252 is the last multiple of 36 in a byte: above it, some letters would come more often.
      if (byte < 252 && id.length < 24) id += ALPHABET[byte % 36];
    }
  }
  return id;
}

/** A fresh secret of 43 URL-safe characters, 256 bits of chance. */
export function freshSecret(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** SHA-256 in hexadecimal: how secrets that are looked up are stored. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
