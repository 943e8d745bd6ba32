import { setTimeout as wait } from "node:timers/promises";
import type { Diagnosis } from "@afloat/shared/domain";
import { type HttpCase, lineWith, tryWith } from "./http-case.ts";

/** Where health endpoints customarily are. */
const CUSTOMARY = [
  "/health",
  "/healthz",
  "/health/live",
  "/livez",
  "/readyz",
  "/ready",
  "/status",
  "/ping",
  "/api/health",
  "/",
];
/** Between two tries: a look must not be a load, milliseconds. */
const PAUSE_MS = 50;

/** Tries the customary paths once, slowly, and stops at the first sign that it hurts. */
export async function wrongPath(at: HttpCase, status: number): Promise<Diagnosis> {
  const url = new URL(at.endpoint.url);
  const answering: string[] = [];
  for (const path of CUSTOMARY) {
    if (path === url.pathname) continue;
    await wait(PAUSE_MS);
    const result = await tryWith(at, { url: new URL(path, url).href });
    if (result.kind === "ok") answering.push(path);
    if (result.kind === "reset" || result.kind === "refused" || result.kind === "timeout") break;
  }
  const what = "The path is most likely wrong.";
  const failing = `${url.pathname} answers ${status}`;
  const [best] = answering;
  if (best === undefined) return at.say("wrong-path", what, `${failing}, and none of the customary paths answers.`);
  const address = at.endpoint.written.includes("://") ? new URL(best, url).href : best;
  return at.say("wrong-path", what, `${failing}; ${answering.join(", ")} answers.`, lineWith(at, address));
}
