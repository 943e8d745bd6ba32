import { durationWords } from "@afloat/shared/core/duration";
import { momentWords } from "@afloat/shared/core/moment";

/**
 * A host that is not there, and need not be. `stopped`: its agent and services were ended (`afloat down`, Ctrl-C). `planned`: somebody said
 * that it is on purpose (`afloat down --planned`). `asleep`: its configuration says that it sleeps. `untilMs`: it is to be back by then; null: whenever it likes.
 */
export interface Absence {
  why: "stopped" | "planned" | "asleep";
  untilMs: number | null;
}

/** The goodbye of an agent, as an absence. `backWithinMs`: it wants to be missed after so long. */
export function absenceOf(
  { onPurpose, backWithinMs }: { onPurpose?: boolean | undefined; backWithinMs?: number | undefined },
  nowMs: number,
): Absence {
  const untilMs = backWithinMs === undefined ? null : nowMs + backWithinMs;
  return { why: onPurpose === true || untilMs !== null ? "planned" : "stopped", untilMs };
}

/**
 * When its return falls due; null where nobody waits for it. After our own absence it has a whole deadline from our return, and after
 * maintenance, `maintainedMs`, from the end of that.
 */
export function returnDueMs(
  host: { absence?: Absence | null | undefined; countFromMs: number; offlineAfterMs: number },
  maintainedMs = 0,
): number | null {
  const untilMs = host.absence?.untilMs ?? null;
  return untilMs === null ? null : Math.max(untilMs, Math.max(host.countFromMs, maintainedMs) + host.offlineAfterMs);
}

/** Why a host counts as away: `left on purpose, to be back by 14:05 UTC`. */
export function absenceWords({ why, untilMs }: Absence, nowMs: number): string {
  if (why === "asleep") return "it sleeps, or is out of reach";
  const back = untilMs === null ? "" : `, to be back by ${momentWords(untilMs, nowMs)} UTC`;
  return `${why === "planned" ? "left on purpose" : "its agent was stopped"}${back}`;
}

/** Why one that did not come back is an alarm. */
export function overdueWords(sinceMs: number, untilMs: number, nowMs: number): string {
  const late = nowMs - untilMs < 1000 ? "" : `, and is ${durationWords(nowMs - untilMs)} late`;
  return `it left on purpose at ${momentWords(sinceMs, nowMs)} UTC, was to be back by ${momentWords(untilMs, nowMs)} UTC${late}`;
}
