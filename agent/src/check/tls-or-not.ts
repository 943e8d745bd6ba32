import { answerWords } from "@afloat/shared/core/answer-words";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { badCertificate } from "./certificate.ts";
import { type Found, found, type HttpCase, tryWith } from "./case.ts";
import { anotherAddress } from "./remedy.ts";

/** Is it HTTPS where HTTP is written, or the other way round, or a certificate? Null where it is none of them. */
export async function withOrWithoutTls(at: HttpCase): Promise<Found | null> {
  const { endpoint } = at;
  if (endpoint.socket !== null) return null;
  const isTls = endpoint.url.startsWith("https:");
  if (isTls) {
    const bad = await badCertificate(at);
    if (bad !== null) return bad;
  }
  const other = endpoint.url.replace(/^https?:/, isTls ? "http:" : "https:");
  const result = await tryWith(at, { url: other, tls: { ca: null, verify: false } });
  if (!speaks(result, isTls)) return null;
  const trusted = isTls ? result : await tryWith(at, { url: other });
  const more = trusted.kind === "tls" ? " Its certificate is not trusted here: `tls` is to be written, too." : "";
  const proof = `${at.came} ${other} answers ${answerWords(result)}.${more}`;
  const remedy = anotherAddress(at, other, trusted.kind === "ok");
  return found(at, "https", `It speaks ${isTls ? "HTTP" : "HTTPS"}.`, proof, remedy);
}

/** A server for HTTPS says 400 to plain HTTP: that is no proof. */
function speaks(result: EndpointResult, isTls: boolean): boolean {
  if (isTls && result.kind === "status" && result.status === 400) return false;
  return ["ok", "status", "redirect", "body"].includes(result.kind);
}
