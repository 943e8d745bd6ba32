import { type Found, found, type HttpCase, tryWith } from "./case.ts";
import { headOf } from "./head.ts";
import { anotherSetting } from "./remedy.ts";
import { wrongPath } from "./wrong-path.ts";

/** The path is there and does not take this method: which one does it take? One that may do something is tried only where the server names it. */
export async function wrongMethod(at: HttpCase): Promise<Found> {
  const head = await headOf(at);
  const allowed = (head?.headers.get("allow") ?? "").toUpperCase().split(/[\s,]+/);
  const methods = (["GET", "HEAD", "POST"] as const).filter((each) => each !== "POST" || allowed.includes("POST"));
  for (const method of methods) {
    // What its body must be cannot be told from a head alone.
    if (method === at.endpoint.method || (method === "HEAD" && at.endpoint.body !== null)) continue;
    if ((await tryWith(at, { method })).kind !== "ok") continue;
    const proof = `${at.came} ${method} of the same path is answered as expected.`;
    return found(
      at,
      "method",
      `It is not to be called by ${at.endpoint.method}.`,
      proof,
      anotherSetting(at, "method", method, true),
    );
  }
  return wrongPath(at, 405);
}
