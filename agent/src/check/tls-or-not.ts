import type { Diagnosis } from "@afloat/shared/domain";
import type { TlsSpec } from "@afloat/shared/spec";
import { messageOf } from "../error-words.ts";
import { tlsOptions } from "../probe/tls.ts";
import { type HttpCase, lineWith, tryWith } from "./http-case.ts";

/** It does not speak as it is spoken to: is it HTTPS where HTTP is written, or the other way round, or a certificate? */
export async function withOrWithoutTls(at: HttpCase, came: string): Promise<Diagnosis> {
  const { endpoint, say } = at;
  if (endpoint.socket !== null) return say("unclear", "It does not speak HTTP as it is written.", came);
  const isTls = endpoint.url.startsWith("https:");
  if (isTls) {
    const fault = unreadable(endpoint.tls);
    if (fault !== null)
      return say("unclear", "The file of its certificate authority cannot be read.", `tls: ${fault}.`);
    const trusting = await tryWith(at, { tls: { ca: null, verify: false } });
    if (trusting.kind === "ok") {
      const proof = `${came} It answers to who does not look at the certificate.`;
      return say("https", "Its certificate is not trusted here.", proof, "tls: { ca: ./its-authority.pem }");
    }
  }
  const other = endpoint.url.replace(/^https?:/, isTls ? "http:" : "https:");
  const result = await tryWith(at, { url: other, tls: { ca: null, verify: false } });
  const speaks = !["tls", "malformed", "reset", "refused", "timeout", "dns"].includes(result.kind);
  // A server for HTTPS says 400 to plain HTTP: that is no proof.
  if (speaks && !(isTls && result.kind === "status" && result.status === 400)) {
    const word = isTls ? "HTTP" : "HTTPS";
    return say("https", `It speaks ${word}.`, `${came} ${other} answers.`, lineWith(at, other));
  }
  if (!isTls && came.includes("answers 400")) return say("error-status", "The endpoint answers with an error.", came);
  return say("https", isTls ? "It does not speak HTTPS." : "It speaks neither HTTP nor HTTPS.", came);
}

/** Why what a connection is told about trust cannot be had; null where it can. */
function unreadable(tls: TlsSpec): string | null {
  try {
    void tlsOptions(tls);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
