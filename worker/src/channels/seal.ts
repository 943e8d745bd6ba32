/**
 * Secrets that must be read again (a webhook's signing secret), encrypted in D1 under a key derived from AFLOAT_SECRET:
 * a copy of the database alone signs nothing.
 */
export async function seal(secret: string, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv },
    await keyOf(secret),
    new TextEncoder().encode(text),
  );
  return `${toBase64(iv)}.${toBase64(new Uint8Array(sealed))}`;
}

/** What was sealed, or null where it was sealed under another secret or altered. */
export async function unseal(secret: string, sealed: string): Promise<string | null> {
  const [iv, data] = sealed.split(".");
  if (iv === undefined || data === undefined) return null;
  try {
    const key = await keyOf(secret);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: fromBase64(iv) }, key, fromBase64(data));
    return new TextDecoder().decode(plain);
  } catch {
    // Not sealed with this secret: the caller says so.
    return null;
  }
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const root = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: new TextEncoder().encode("afloat channel secret") },
    root,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

function toBase64(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
