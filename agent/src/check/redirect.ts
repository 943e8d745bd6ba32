import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { answerWords } from "@afloat/shared/core/answer-words";
import { type Found, found, type HttpCase, tryWith } from "./case.ts";
import { isThisHost } from "./hosts.ts";
import { anotherAddress } from "./remedy.ts";
import { searchPaths } from "./wrong-path.ts";

/** How often one redirect may lead to the next before it is called a circle. */
const HOPS = 3;

/** It says: elsewhere. Is that a login page, the same in another way of writing, or another host? */
export async function ledElsewhere(at: HttpCase, location: string): Promise<Found> {
  const { target, result } = await follow(at, location);
  if (target === null) return found(at, "redirect", "The endpoint redirects to what is no address.", at.came);
  if (LOGIN.test(target.pathname)) return leadsToLogin(at);
  if (!isThisHost(target.hostname, at)) {
    const proof = `${at.came} That is another host, which is not called.`;
    return found(at, "redirect", "The endpoint redirects to another host.", proof);
  }
  const whole = target.href;
  if (result?.kind === "ok") {
    const proof = `${at.came} ${whole} answers ${answerWords(result)}.`;
    return found(at, "redirect", wayWords(new URL(at.endpoint.url), target), proof, anotherAddress(at, whole, true));
  }
  const then = result === null ? "" : ` ${whole}: ${answerWords(result)}.`;
  const write = result?.kind === "tls" ? anotherAddress(at, whole, false) : null;
  return found(
    at,
    "redirect",
    "The endpoint redirects, and what it leads to does not answer as expected.",
    `${at.came}${then}`,
    write,
  );
}

/** How paths to a login page are written. */
const LOGIN = /(log|sign)[-_]?(in|on)\b|\b(auth|oauth2?|sso|saml|cas)\b/i;

async function leadsToLogin(at: HttpCase): Promise<Found> {
  const { answering, stopped, remedy } = await searchPaths(at);
  const open = answering.length === 0 ? "" : ` ${answering.join(", ")} answers without.`;
  return found(at, "redirect", "The endpoint redirects to a login page.", `${at.came}${open}${stopped}`, remedy);
}

/** Goes after it on this host, a few steps. */
async function follow(at: HttpCase, location: string): Promise<{ target: URL | null; result: EndpointResult | null }> {
  let target = resolved(location, at.endpoint.url);
  let result: EndpointResult | null = null;
  for (let hop = 0; hop < HOPS && target !== null; hop++) {
    if (LOGIN.test(target.pathname) || !isThisHost(target.hostname, at)) return { target, result: null };
    result = await tryWith(at, { url: target.href });
    if (result.kind !== "redirect") return { target, result };
    target = resolved(result.location, target.href);
  }
  return { target, result };
}

function resolved(location: string, base: string): URL | null {
  const url = URL.canParse(location, base) ? new URL(location, base) : null;
  return url?.protocol === "http:" || url?.protocol === "https:" ? url : null;
}

function wayWords(from: URL, to: URL): string {
  if (from.protocol === "http:" && to.protocol === "https:") return "The endpoint redirects to HTTPS.";
  if (to.pathname === `${from.pathname}/`) return "The endpoint redirects to the same path with a slash at its end.";
  return "The endpoint redirects to another address of this host, which answers.";
}
