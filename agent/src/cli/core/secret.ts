/** Names that people give to what others must not see. */
const SECRET_NAME =
  /pass(?:word|wd|phrase)?|secret|token|credential|api_?key|private|access_?key|auth|cookie|salt|signing|_key$|^key$|_pw$|dsn/i;
/** Credentials inside of an address. */
const SECRET_VALUE = /:\/\/[^\s/:@]*:[^\s/@]+@/;

/** True where a variable looks as if its value were secret. It is a guess: what is harmless may be hidden, too. */
export function hidesSecret(name: string, value: string): boolean {
  return value !== "" && (SECRET_NAME.test(name) || SECRET_VALUE.test(value)) && !HARMLESS.has(name);
}

/** They sound like it, and are paths that everybody has. */
const HARMLESS = new Set(["SSH_AUTH_SOCK", "XAUTHORITY"]);
