import type { Diagnosis } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { activityWords } from "../process/activity.ts";
import { type HttpCase, tryWith } from "./http-case.ts";

/** How much longer than its timeout an answer is waited for once, and at most, milliseconds. */
const PATIENCE = 5;
const PATIENCE_LIMIT_MS = 15_000;

/** No answer in time: is it slow, or does it hang, and what is the process doing then? */
export async function whatHangs(at: HttpCase, came: string): Promise<Diagnosis> {
  const { timeoutMs } = at.spec.check;
  const [late, doing] = await Promise.all([
    tryWith(at, {}, Math.min(PATIENCE * timeoutMs, PATIENCE_LIMIT_MS)),
    at.pid === null ? null : activityWords(at.pid),
  ]);
  if (late.kind !== "timeout" && late.kind !== "refused" && late.kind !== "reset") {
    const seconds = Math.ceil((2 * late.ms) / 1000);
    const proof = `${came} Waited for longer, it answers after ${durationWords(late.ms)}.`;
    return at.say("slow", "The endpoint is slower than its timeout.", proof, timeoutLine(at, `${seconds}s`));
  }
  const activity = doing === null ? "" : ` Meanwhile ${doing}.`;
  return at.say("hangs", "The endpoint takes the connection and does not answer.", `${came}${activity}`);
}

function timeoutLine(at: HttpCase, timeout: string): string {
  const { written } = at.endpoint;
  return written.startsWith("health:")
    ? `health: { http: ${written.slice(8)}, timeout: ${timeout} }`
    : `timeout: ${timeout}`;
}
