import type { ReasonCode, Verdict } from "../../domain.ts";
import type { ServiceSpec } from "../../spec.ts";
import { durationWords } from "../duration.ts";
import { judge } from "../judgement.ts";
import type { ServiceState } from "../lifecycle-types.ts";
import { type Condition, conditionsOf } from "./conditions.ts";
import { nextOf } from "./next.ts";
import { recordOf } from "./record.ts";
import { restartsOf } from "./restart-room.ts";
import { seenOf } from "./seen.ts";
import type { Sentence } from "./sentence.ts";

/** Why a service is judged as it is, what would restart it, and what comes next. `afloat explain` prints it. */
export interface Explanation {
  service: string;
  verdict: Verdict;
  reasonCode: ReasonCode;
  /** Since when the verdict holds, milliseconds since the epoch. */
  sinceMs: number;
  /** The verdict in a line: `degraded for 4 min 10 s: GET /health → 404; it never answered`. */
  headline: string;
  /** The evidence: process, the last probe, the last end. */
  seen: Sentence[];
  /** What its checks have earned so far. */
  record: Sentence[];
  /** How often it was restarted, and how often it still may be before that is a loop. */
  restarts: Sentence[];
  /** What would have to happen before it is restarted, and what never restarts it. */
  conditions: Condition[];
  /** What happens next, and when. */
  next: Sentence[];
}

/** Explains one service at one moment. It looks at the same state by the same rules as the machine that acts on it. */
export function explain(state: ServiceState, spec: ServiceSpec, nowMs: number): Explanation {
  const { verdict, reasonCode, reason } = judge(state, nowMs, spec);
  const { sinceMs } = state.judgement;
  const word = state.loop === null ? verdict : "restart loop";
  const heldMs = nowMs - (state.loop?.openedMs ?? sinceMs);
  return {
    service: spec.name,
    verdict,
    reasonCode,
    sinceMs,
    headline: `${word} for ${durationWords(heldMs)}: ${reason}`,
    seen: seenOf(state, spec, nowMs),
    record: recordOf(state, spec, nowMs),
    restarts: restartsOf(state, spec, nowMs),
    conditions: conditionsOf(state, spec, nowMs),
    next: nextOf(state, spec, nowMs),
  };
}
