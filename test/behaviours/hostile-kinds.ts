import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What an endpoint does to its caller, as the program `hostile-endpoints.mjs` plays it. */
export interface HostileKind {
  name: string;
  scheme: "http" | "https";
  /** What is expected of the body, which makes the agent read on. */
  body?: string;
  /** How it is to be seen. */
  seen: RegExp;
}

const http = (name: string, seen: RegExp, body?: string): HostileKind =>
  body === undefined ? { name, scheme: "http", seen } : { name, scheme: "http", seen, body };
const https = (name: string, seen: RegExp): HostileKind => ({ name, scheme: "https", seen });

/** Every kind. What is expected of a body is also what the good one answers. */
export const HOSTILE_KINDS: readonly HostileKind[] = [
  http("good", /answered 200/),
  http("drips-head", /not HTTP|timed out/),
  http("drips-after-status", /timed out/),
  http("endless-headers", /not HTTP/),
  http("one-endless-header", /not HTTP/),
  http("endless-status-line", /not HTTP/),
  http("endless-body", /answered 200/),
  http("endless-body-of-an-error", /500/),
  http("informs-for-ever", /not HTTP/),
  http("old-http", /not HTTP/),
  http("http2-only", /not HTTP/),
  http("two-lengths", /answered 200/),
  http("keeps-alive", /answered 200/),
  http("answers-half", /timed out/),
  http("says-nothing", /timed out/),
  http("closes-at-once", /connection dropped/),
  http("resets-at-once", /connection dropped/),
  http("resets-in-the-head", /connection dropped/),
  http("half-closes", /not HTTP/),
  http("writes-nuls", /not HTTP/),
  http("redirects-to-itself", /302/),
  http("gzip-bomb", /answered 200/),
  http("huge-length", /answered 200/),
  http("lies-about-status", /not HTTP/),
  http("drips-body", /timed out/, "fine$"),
  http("resets-in-the-body", /connection dropped|closed in the midst|timed out/, "fine$"),
  http("catastrophic", /takes too long/, "^(a+)+$|^fine$"),
  // How far it comes before its deadline is the machine's affair: both are an end.
  http("endless-chunks", /body is not as expected|timed out/, "fine$"),
  https("good-tls", /answered 200/),
  https("garbage-for-tls", /TLS failed/),
  https("hangs-in-tls", /timed out/),
  https("drips-tls", /TLS failed|timed out/),
  https("alerts-tls", /TLS failed/),
  https("resets-tls", /connection dropped/),
  https("expired-certificate", /certificate has expired/),
  https("certificate-of-another-name", /altnames|does not match/),
  https("certificate-of-nobody-known", /TLS failed: unable to verify/),
  https("asks-for-a-certificate", /certificate required|handshake failure/),
  https("speaks-old-tls", /TLS failed/),
];

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where the certificates of the program are. */
export const CERTIFICATES = folder("programs/certificates");

/** The certificate of what is good. */
export const GOOD_CERTIFICATE = folder("../../agent/test/fixtures/self-signed.pem");

/** Writes the authorities that these services trust, beside their configuration: all but the one that nobody knows. */
export function writeAuthorities(dir: string): void {
  const files = [GOOD_CERTIFICATE, ...["expired", "wrong-name"].map((name) => join(CERTIFICATES, `${name}.pem`))];
  writeFileSync(join(dir, "authorities.pem"), files.map((file) => readFileSync(file, "utf8")).join(""));
}

/** The configuration of a service whose endpoint does that, at a port. */
export function hostileService({ name, scheme, body }: HostileKind, port: number): string {
  const expected = body === undefined ? "" : `, body: '${body}'`;
  const trusted = scheme === "http" ? "" : ", tls: { ca: ./authorities.pem }";
  const url = `${scheme}://127.0.0.1:${port}/health`;
  return `  ${name}: { command: sleep 7700900, health: { http: "${url}", interval: 300ms, timeout: 500ms${expected}${trusted} } }`;
}
