import { isIP } from "node:net";
import type { PeerCertificate } from "node:tls";
import type { TlsSpec } from "@afloat/shared/spec";
import { messageOf } from "../error-words.ts";
import { addressesOf } from "../probe/http.ts";
import { tlsOptions } from "../probe/tls.ts";
import { type Found, found, type GrpcCase, type HttpCase } from "./case.ts";
import { isLoopback } from "./hosts.ts";
import { endAfter, TRY_TIMEOUT_MS } from "./look.ts";
import { anotherAddress, anotherSetting, type Remedy } from "./remedy.ts";

/** What is wrong with the certificate of an HTTPS server; null where it is trusted, or nobody there speaks TLS. Throws LookOver. */
export async function badCertificate(at: HttpCase | GrpcCase): Promise<Found | null> {
  const unread = unreadable(at.endpoint.tls);
  if (unread !== null) {
    return found(at, "certificate", "The file of its certificate authority cannot be read.", `tls: ${unread}.`);
  }
  const shown = await certificateOf(at);
  if (shown === null || shown.fault === null) return null;
  const { what, proof, remedy } = faultOf(at, shown.fault, shown.certificate);
  return found(at, "certificate", what, `${at.came} ${proof}`, remedy);
}

interface Fault {
  what: string;
  proof: string;
  remedy: Remedy | null;
}

/** By OpenSSL's names of verification errors (openssl-verification-options(1)) and Node's own for names. */
function faultOf(at: HttpCase | GrpcCase, code: string, certificate: PeerCertificate): Fault {
  const subject = `The certificate of ${nameIn(certificate.subject)}`;
  const ownAuthority = anotherSetting(at, "tls", { ca: "./its-certificate.pem" }, false);
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return {
        what: "Its certificate has expired: renew it.",
        proof: `${subject} was valid until ${certificate.valid_to}.`,
        remedy: null,
      };
    case "CERT_NOT_YET_VALID":
      return {
        what: "Its certificate is not valid yet: the clock is wrong, or it was made for later.",
        proof: `${subject} is valid from ${certificate.valid_from}.`,
        remedy: null,
      };
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return {
        what: "Its certificate is self-signed.",
        proof: `${subject} is signed by itself, and is not trusted here.`,
        remedy: ownAuthority,
      };
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return wrongName(at, certificate);
    default:
      return {
        what: "Its certificate is signed by an authority that is not trusted here.",
        proof: `${subject} is signed by ${nameIn(certificate.issuer)} (${code}).`,
        remedy: anotherSetting(at, "tls", { ca: "./its-authority.pem" }, false),
      };
  }
}

/** A name of this host that it is for is better; on this host nobody can be in between. */
function wrongName(at: HttpCase | GrpcCase, certificate: PeerCertificate): Fault {
  const url = new URL(at.endpoint.url);
  const names = namesIn(certificate);
  const what = "Its certificate is for another name.";
  const proof = `It is for ${names.join(", ") || "no name at all"}, not for ${url.hostname}.`;
  const better = names.find((name) => isLoopback(name));
  if (better !== undefined) {
    const moved = Object.assign(new URL(url), { hostname: better }).href;
    return { what, proof, remedy: anotherAddress(at, moved, true) };
  }
  return { what, proof, remedy: isLoopback(url.hostname) ? anotherSetting(at, "tls", { verify: false }, false) : null };
}

function namesIn(certificate: PeerCertificate): string[] {
  const names = (certificate.subjectaltname ?? "").split(", ").map((each) => each.slice(each.indexOf(":") + 1));
  const found = names
    .filter((name) => name !== "")
    .map((name) => (isIP(name) === 6 ? `[${name.toLowerCase()}]` : name));
  return found.slice(0, 5);
}

/** The name of a subject or issuer, as people know it. */
function nameIn(entity: PeerCertificate["subject"] | undefined): string {
  const name = entity?.CN ?? entity?.O ?? "no name";
  return `"${[name].flat().join(", ").slice(0, 100)}"`;
}

interface Shown {
  certificate: PeerCertificate;
  /** Why it is not trusted; null where it is. */
  fault: string | null;
}

async function certificateOf(at: HttpCase | GrpcCase): Promise<Shown | null> {
  const { connect } = await import("node:tls");
  const { tls, url } = at.endpoint;
  const { hostname } = new URL(url);
  const name = isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? { servername: hostname } : {};
  for (const address of addressesOf(at.endpoint)) {
    const shown = await at.look.take(
      TRY_TIMEOUT_MS,
      (ms, signal) =>
        new Promise<Shown | null>((resolve) => {
          const socket = connect({ ...address, ...tlsOptions(tls), ...name, rejectUnauthorized: false });
          const end = (shown: Shown | null) => {
            clearTimeout(timer);
            socket.destroy();
            resolve(shown);
          };
          const timer = endAfter(ms, () => end(null));
          signal.addEventListener("abort", () => end(null), { once: true });
          socket.once("secureConnect", () =>
            end({ certificate: socket.getPeerCertificate(), fault: faultCode(socket.authorizationError) }),
          );
          socket.once("error", () => end(null));
        }),
    );
    if (shown !== null) return shown;
  }
  return null;
}

/** Typed as an error, it is the error's code. */
const faultCode = (error: unknown) =>
  error === null || error === undefined ? null : String(error instanceof Error && "code" in error ? error.code : error);

/** Why what a connection is told about trust cannot be had; null where it can. */
function unreadable(tls: TlsSpec): string | null {
  try {
    void tlsOptions(tls);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
