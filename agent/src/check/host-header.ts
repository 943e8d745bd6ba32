import { type Found, found, type HttpCase, tryWith } from "./case.ts";
import { anotherSetting } from "./remedy.ts";

/** Some servers answer only to names they know: is it the Host header? Null where it is not. */
export async function wrongHostHeader(at: HttpCase): Promise<Found | null> {
  if (Object.keys(at.endpoint.headers).length > 0) return null;
  for (const name of ["localhost", "127.0.0.1"]) {
    if ((await tryWith(at, { headers: { Host: name } })).kind !== "ok") continue;
    const what = "It does not answer to the name that it is called by.";
    const proof = `${at.came} To \`Host: ${name}\` it answers as expected.`;
    return found(at, "host-header", what, proof, anotherSetting(at, "headers", { Host: name }, true));
  }
  return null;
}
