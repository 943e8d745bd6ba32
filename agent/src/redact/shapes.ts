/** What is a secret by its looks, whatever stands before it. Each begins with letters of its own, so that nothing is looked at again and again. */
const TOKENS = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    "(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    "gh[pousr]_[A-Za-z0-9]{16,}",
    String.raw`github_pat_\w{16,}`,
    String.raw`glpat-[\w-]{16,}`,
    String.raw`xox[a-z]-[\w-]{8,}`,
    String.raw`xapp-[\w-]{8,}`,
    String.raw`[rs]k_(?:live|test)_\w{8,}`,
    String.raw`sk-[\w-]{20,}`,
    String.raw`whsec_[\w+/=-]{16,}`,
    String.raw`AIza[\w-]{30,}`,
    "npm_[A-Za-z0-9]{30,}",
    // Afloat's own.
    String.raw`af[ak]_[\w.-]{16,}`,
  ].join("|")})`,
  "g",
);
/** A JSON Web Token begins with `{"` in base64; its end may be cut off. */
const WEB_TOKEN = /(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]+)*/g;
/** Whoever knows such an address may post to it. */
const HOOK =
  /((?:hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)|discord(?:app)?\.com\/api\/webhooks)\/|api\.telegram\.org\/bot)[\w/:%-]+/gi;
const BEARER = /\b(bearer\s+)([\w.~+/=-]{8,})/gi;
const BASIC = /\b(basic\s+)([\w+/=-]{6,})/gi;

export function redactShapes(text: string): string {
  return text
    .replaceAll(TOKENS, "[redacted]")
    .replaceAll(WEB_TOKEN, "[redacted]")
    .replaceAll(HOOK, "$1[redacted]")
    .replaceAll(BEARER, (whole, word: string, value: string) => (isCredential(value) ? `${word}[redacted]` : whole))
    .replaceAll(BASIC, (whole, word: string, value: string) => (isPair(value) ? `${word}[redacted]` : whole));
}

/** And no word of a sentence. */
const isCredential = (value: string) => value.length >= 20 || /\d|[a-z][A-Z]/.test(value);

/** A name and a password in base64. */
const isPair = (value: string) => /^[^\p{Cc}:]*:/u.test(Buffer.from(value, "base64").toString("latin1"));
