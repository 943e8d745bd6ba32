/** Names that people give to what others must not see, as `plain` writes them. One list: of variables, headers, flags, and what stands in lines. */
const SECRET =
  "password|passwd|passphrase|passcode|secret(?!ar)s?|token(?!i[sz]|s?_(?:type|count|limit|usage))s?|credentials?|cookies?|authorization" +
  "|(?:api|private|access|account|secret|signing|encryption|master|shared|auth)_?keys?|(?:^|_)app_key" +
  "|(?:^|_)(?:pass|pwd|pw|otp)(?![a-z])|_auth$";
const IN_NAME = new RegExp(SECRET);
const AT_END = new RegExp(`(?:${SECRET})$`);
/** As a sentence says them, they are no secret; in an address or among parameters they are. */
const SIGNATURE = /(?:^|_)sig(?:nature)?$/;

/** No name is longer, characters: of one that is, its end is looked at. */
const NAME_LIMIT = 100;

/** `apiKey`, `API-KEY` and `--api-key` are one name: api_key. */
const plain = (name: string) =>
  name
    .slice(-NAME_LIMIT)
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll("-", "_");

/** True where what has this name is secret. It is a guess: what is harmless may be hidden, too. */
export function isSecretName(name: string): boolean {
  return IN_NAME.test(plain(name));
}

/** The same of what stands before `=`, where a signature is none in words either. */
export function isSecretParameter(name: string): boolean {
  return isSecretName(name) || SIGNATURE.test(plain(name));
}

/** True for `--password`, and not for `--password-stdin`: what follows is the secret itself. */
export function isSecretFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word) && AT_END.test(plain(word));
}

/** A header whose value is a word that says of what kind it is, and what may be several. */
export function isAuthorization(name: string): boolean {
  return /^(?:x_|proxy_)?authorization$/.test(plain(name));
}

/** A header with a secret in each of its parts. */
export function isCookie(name: string): boolean {
  return /^(?:set_)?cookie$/.test(plain(name));
}

/** What says of a secret only whether there is one, or how many, gives nothing away (`using password: YES`, `tokens: 512`). */
export function isHarmless(name: string, value: string): boolean {
  // The folder that a shell stands in.
  if (/^(?:OLD)?PWD$/.test(name)) return value.startsWith("/");
  if (/^(?:yes|no|true|false|null|none|undefined)[,;.)\]}]*$/i.test(value)) return true;
  return /s$/i.test(name) && !/pass$/i.test(name) && /^\d{1,15}[,;.)\]}]*$/.test(value);
}
