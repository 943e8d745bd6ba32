/** How this server sends mail, as its operator wrote it. */
export type MailServer =
  | { kind: "resend" | "postmark"; origin: string; key: string }
  | {
      kind: "smtp";
      hostname: string;
      port: number;
      /** starttls: asked for before anything is said, and nothing is sent without it. */
      tls: "implicit" | "starttls" | "off";
      /** Null where it asks for none. */
      login: { name: string; password: string } | null;
    };

/**
 * Reads `MAIL_URL`: `resend://KEY@api.resend.com`, `postmark://TOKEN@api.postmarkapp.com`, `smtps://name:password@host:465`,
 * `smtp://name:password@host:587` (STARTTLS; `?tls=off` for a relay in the own network). `resend+http` and `postmark+http` are for a gateway
 * there. What is wrong is said in words, without the secret in it.
 */
export function parseMailUrl(text: string): MailServer | { fault: string } {
  const expected = "expected MAIL_URL to begin with resend://, postmark://, smtp:// or smtps://";
  if (!URL.canParse(text)) return { fault: expected };
  const url = new URL(text);
  const [scheme = "", plain] = url.protocol.slice(0, -1).split("+");
  if (scheme === "resend" || scheme === "postmark") {
    const key = decoded(url.username);
    if (key === "" || url.host === "")
      return { fault: `expected MAIL_URL like ${scheme}://KEY@api.${API_HOSTS[scheme]}` };
    if (plain !== undefined && plain !== "http") return { fault: expected };
    return { kind: scheme, origin: `${plain === "http" ? "http" : "https"}://${url.host}`, key };
  }
  if ((scheme !== "smtp" && scheme !== "smtps") || plain !== undefined) return { fault: expected };
  if (url.hostname === "") return { fault: `expected MAIL_URL like ${scheme}://name:password@host:587` };
  const off = url.searchParams.get("tls") === "off";
  const tls = scheme === "smtps" ? "implicit" : off ? "off" : "starttls";
  const port = url.port === "" ? (scheme === "smtps" ? 465 : 587) : Number(url.port);
  const login = url.username === "" ? null : { name: decoded(url.username), password: decoded(url.password) };
  return { kind: "smtp", hostname: url.hostname, port, tls, login };
}

const API_HOSTS = { resend: "resend.com", postmark: "postmarkapp.com" };

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that nobody encoded: taken as it is.
    return text;
  }
}
