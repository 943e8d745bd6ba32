import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { answerWords } from "@afloat/shared/core/answer-words";
import { type Found, found, hasExited, type HttpCase, isDropped, tryWith } from "./case.ts";
import { anotherAddress, type Remedy } from "./remedy.ts";

/** Where health endpoints customarily are, the likeliest first. The second list says less, the third next to nothing. */
export const CUSTOMARY = [
  ["/health", "/healthz", "/health/live", "/livez", "/api/health"],
  ["/readyz", "/ready", "/status", "/ping"],
  ["/"],
];
/** Between two tries: a look must not be a load, milliseconds. */
export const PAUSE_MS = 50;

/** Another path may be the right one. */
export async function wrongPath(at: HttpCase, status: number): Promise<Found> {
  const { pathname } = new URL(at.endpoint.url);
  const { answering, stopped, remedy } = await searchPaths(at);
  const what = "The path is most likely wrong.";
  const others =
    answering.length > 0 ? `; ${answering.join(", ")} answers` : ", and none of the customary paths answers";
  return found(at, "wrong-path", what, `${pathname} answers ${status}${others}.${stopped}`, remedy);
}

/** What the customary paths came to. */
export interface Paths {
  answering: string[];
  /** Why it was not tried further, a sentence with a space before it; empty where it was. */
  stopped: string;
  /** The best of them; certain where no other is as good. */
  remedy: Remedy | null;
}

/** Tries the customary paths once, slowly, and stops at the first sign that it hurts. */
export async function searchPaths(at: HttpCase): Promise<Paths> {
  const url = new URL(at.endpoint.url);
  const answering: string[] = [];
  let stopped = "";
  for (const path of CUSTOMARY.flat()) {
    if (path === url.pathname) continue;
    await at.look.pause(PAUSE_MS);
    const result = await tryWith(at, { url: new URL(path, url).href });
    if (result.kind === "ok") answering.push(path);
    stopped = await whyToStop(at, path, result);
    if (stopped !== "") break;
  }
  return { answering, stopped, remedy: remedyOf(at, url, answering) };
}

async function whyToStop(at: HttpCase, path: string, result: EndpointResult): Promise<string> {
  if (await hasExited(at, isDropped(result)))
    return ` The process exited when ${path} was called; nothing more was tried.`;
  const hurts = isDropped(result) || result.kind === "timeout";
  return hurts ? ` ${path}: ${answerWords(result)}; nothing more was tried.` : "";
}

function remedyOf(at: HttpCase, url: URL, answering: readonly string[]): Remedy | null {
  for (const rank of CUSTOMARY) {
    const [best, ...others] = rank.filter((path) => answering.includes(path));
    if (best !== undefined) return anotherAddress(at, new URL(best, url).href, others.length === 0);
  }
  return null;
}
