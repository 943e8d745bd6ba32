import { redact } from "../../redact.ts";
import { isSecretName } from "../../redact/names.ts";

/** Names that variables have whose value others must not see, beside those that are looked for everywhere. */
const SECRET_NAME = /private|auth|salt|signing|_key$|^key$|dsn/i;

/** True where a variable looks as if its value were secret, or held one. It is a guess: what is harmless may be hidden, too. */
export function hidesSecret(name: string, value: string): boolean {
  if (value === "" || HARMLESS.has(name)) return false;
  return SECRET_NAME.test(name) || isSecretName(name) || redact(value) !== value;
}

/** They sound like it, and are paths that everybody has. */
const HARMLESS = new Set(["SSH_AUTH_SOCK", "XAUTHORITY", "PWD", "OLDPWD"]);
