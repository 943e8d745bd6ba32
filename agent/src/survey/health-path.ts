import { setTimeout as wait } from "node:timers/promises";
import type { HttpEndpoint } from "@afloat/shared/spec";
import { CUSTOMARY, PAUSE_MS } from "../check/wrong-path.ts";
import { probeHttp } from "../probe/http.ts";

/** One deadline for a call, milliseconds. */
const CALL_MS = 1000;

/** Nobody serves this on purpose. */
const NONSENSE = "/afloat-asks-whether-any-path-answers";

/**
 * Calls the customary health paths of what listens on a port of this host, slowly, and stops at the first sign that it hurts. Answers the first
 * that is ok; null and a note where none is, or where every path is, which proves nothing.
 */
export async function answeringPath(port: number): Promise<{ path: string | null; note: string | null }> {
  for (const path of [NONSENSE, ...CUSTOMARY.flat()]) {
    const { kind } = await probeHttp(endpointOf(port, path), CALL_MS);
    if (path === NONSENSE && kind === "ok")
      return {
        path: null,
        note: `every path of port ${port} answers, even one that is made up: no health path can be told from that`,
      };
    if (kind === "ok") return { path, note: null };
    if (kind !== "status" && kind !== "redirect")
      return { path: null, note: `port ${port} did not answer HTTP (${kind})` };
    await wait(PAUSE_MS);
  }
  return { path: null, note: `none of the customary health paths answers on port ${port}` };
}

function endpointOf(port: number, path: string): HttpEndpoint {
  const plain = { socket: null, headers: {}, body: null, tls: { ca: null, verify: true } };
  return {
    kind: "http",
    method: "GET",
    url: `http://localhost:${port}${path}`,
    expect: [{ from: 200, to: 299 }],
    ...plain,
  };
}
