import type { Ended, Fault } from "./faults.ts";
import type { Via } from "./link-types.ts";

/** What is known of a call that got no answer. */
export interface Failure {
  /** Of Node or OpenSSL, like `ENOTFOUND` or `CERT_HAS_EXPIRED`; null where there is none. */
  code: string | null;
  message: string;
  /** The proxy that it happened at, as it may be shown; null where it happened at the cloud, or on the way there. */
  proxy: string | null;
  /** The proxy's answer to CONNECT, where it gave one. */
  status: number | null;
  /** The cloud's host. */
  host: string;
  /** This host's time, as it is to be shown. */
  now: string;
}

const UNKNOWN_NAME = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_NODATA", "EAI_NONAME"]);
const NOT_REACHED = new Set(["ECONNREFUSED", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL", "ENETDOWN"]);
const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|CERT_|INVALID_CA|PATH_LENGTH)/;
/** OpenSSL's words for what is no TLS at all. */
const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|BAD_RECORD_TYPE)/;

/** Why a call got no answer. */
export function decideFailure({ code, message, proxy, status, host, now }: Failure): Ended {
  if (proxy !== null) return atProxy(proxy, status, code, message, host);
  const text = code ?? "";
  if (text === "ENOTFOUND") return fault("unknown-name", `there is no host ${host}`);
  if (UNKNOWN_NAME.has(text)) return fault("unknown-name", `the name service does not answer for ${host} (${text})`);
  if (text === "ECONNREFUSED") return fault("not-reached", `${host} is there, and nothing listens (${message})`);
  if (NOT_REACHED.has(text)) return fault("not-reached", `${host} is not reached (${message})`);
  if (text === "CERT_NOT_YET_VALID")
    return fault("clock", `the certificate of ${host} is not valid yet, and here it is ${now}`);
  if (text === "CERT_HAS_EXPIRED")
    return fault("clock", `the certificate of ${host} has expired, and here it is ${now}`);
  if (text === "CA_UNREADABLE") return fault("certificate", message);
  if (CERTIFICATE.test(text)) return fault("certificate", `the certificate of ${host} is not trusted: ${message}`);
  if (NO_TLS.test(text) || /wrong version number|packet length too long/.test(message))
    return fault("not-afloat", `${host} does not speak TLS there`);
  if (text === "PROXY_VARIABLE") return fault("proxy-not-reached", message);
  return fault("lost", message);
}

function atProxy(proxy: string, status: number | null, code: string | null, message: string, host: string): Ended {
  if (status === null) {
    const known = code === "ENOTFOUND" ? "there is no host of that name" : message;
    return fault("proxy-not-reached", `the proxy ${proxy} is not reached: ${known}`);
  }
  if (status === 407) return fault("proxy-password", `the proxy ${proxy} wants a name and a password, or others (407)`);
  // It cannot reach the cloud itself: so a proxy says it (RFC 9110, 15.6.3 and 15.6.5).
  if (status === 502 || status === 503 || status === 504)
    return fault("not-reached", `the proxy ${proxy} does not reach ${host} (${status})`);
  return fault("proxy-refused", `the proxy ${proxy} does not let us through to ${host} (${status})`);
}

/** What an answer to an HTTP request was. */
export interface Answer {
  status: number;
  /** As far as it was read. */
  body: string;
  contentType: string;
  /** Where a redirect points. It is not followed: the credential goes nowhere but to the configured address. */
  location: string | null;
  /** The header `retry-after`, in seconds; null where there is none, or it names a day. */
  retryAfterS: number | null;
  /** It asks for a name and a password. */
  challenges: boolean;
}

/** An answer that is not what an agent asked for. */
export interface Refused extends Answer {
  /** `code` and `message` of Afloat's own words, where they are in it. */
  problem: { code: string; message: string } | null;
  via: Via;
}

/** Waits that somebody else asks for are held to, up to this, milliseconds. */
const AFTER_LIMIT_MS = 10 * 60_000;

/** Why an answer is no way in. */
export function decideRefused(answer: Refused): Ended {
  const { status, location, problem, via } = answer;
  if (location !== null) return fault("not-afloat", `the cloud answered ${status}, moved to ${location}: not followed`);
  if (problem !== null) return byItsCode(answer, problem);
  if (status === 401) return unauthorized(answer);
  if (status === 429 || status >= 500) return trouble(answer);
  const isPage = /html/.test(answer.contentType) || /^\s*</.test(answer.body);
  if (via === "socket" && status !== 404 && !(status === 200 && isPage))
    return fault("no-socket", `a WebSocket is answered ${status}: something on the way does not let it pass`);
  const what = isPage ? "a web page" : "something else";
  return fault("not-afloat", `what answers there is not Afloat: ${status}, ${what}`);
}

function byItsCode(answer: Refused, { code, message }: { code: string; message: string }): Ended {
  if (code === "no-upgrade") return fault("no-socket", "something on the way takes the WebSocket upgrade out (426)");
  if (code === "unauthorized")
    return fault("wrong-credential", "this cloud does not know this host's credential: another one gave it");
  if (code === "revoked") return fault("revoked", REVOKED);
  if (answer.status === 429 || answer.status >= 500) return trouble(answer);
  return fault("lost", `the cloud answered ${answer.status}: ${message.slice(0, 200)}`);
}

/** In front of the cloud there may be somebody who wants a password of his own. */
function unauthorized({ contentType, challenges }: Refused): Ended {
  return challenges || /html/.test(contentType)
    ? fault("not-afloat", "something before the cloud wants a name and a password (401)")
    : fault("revoked", REVOKED);
}

function trouble({ status, retryAfterS }: Refused): Ended {
  const what = status === 429 ? "wants fewer calls" : "has trouble of its own";
  const ended = fault("cloud-trouble", `the cloud ${what} (${status})`);
  return retryAfterS === null ? ended : { ...ended, afterMs: Math.min(AFTER_LIMIT_MS, retryAfterS * 1_000) };
}

/** Why a credential that was right is no way in any more. */
export const REVOKED = "this host's credential is not in force any more";

const fault = (kind: Fault, why: string): Ended => ({ kind, why });
