import { type Found, found, type HttpCase } from "./case.ts";
import { headOf } from "./head.ts";
import { anotherSetting } from "./remedy.ts";
import { searchPaths } from "./wrong-path.ts";

/** It asks who is calling. A path that does not ask is better than a password in a file; else the refusal itself is an answer. */
export async function wantsCredentials(at: HttpCase, status: number): Promise<Found> {
  const scheme = (await headOf(at))?.headers.get("www-authenticate")?.slice(0, 100);
  const asks = scheme === undefined ? "" : ` It asks for ${scheme}.`;
  const { answering, stopped, remedy } = await searchPaths(at);
  const sent = Object.keys(at.endpoint.headers).some((name) => /^(authorization|cookie|x-.*key)$/i.test(name));
  const what = sent
    ? "The endpoint does not take the credentials that `headers` sends."
    : "The endpoint wants credentials: send them by `headers`, or take the refusal for an answer by `expect`.";
  if (remedy !== null) {
    const proof = `${at.came}${asks} ${answering.join(", ")} answers without any.${stopped}`;
    return found(at, "credentials", what, proof, remedy);
  }
  return found(at, "credentials", what, `${at.came}${asks}${stopped}`, anotherSetting(at, "expect", status, false));
}
