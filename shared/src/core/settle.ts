import type { ReasonCode } from "../domain.ts";
import { judge } from "./judgement.ts";
import { loopEndsAfterMs } from "./loop.ts";
import type { CheckRecord, Judgement } from "./lifecycle-types.ts";
import type { NoticeCode } from "./notice-titles.ts";
import { isFailing, type Turn } from "./turn.ts";

/** What every turn ends with: what time has cured, the verdict, and what is said of its change. */
export function settle(turn: Turn): void {
  const { state, nowMs, spec } = turn;
  const before = state.judgement;
  const now = judge(state, nowMs, spec);
  const changed = now.verdict !== before.verdict || now.reasonCode !== before.reasonCode;
  state.judgement = { ...now, sinceMs: changed ? nowMs : before.sinceMs };
  cureByTime(turn);
  if (!changed) return;
  turn.effects.push({ kind: "flip", from: before, to: state.judgement });
  warn(turn, before);
  tell(turn);
}

function cureByTime(turn: Turn): void {
  const { state, nowMs, spec } = turn;
  const { life, breaker } = state;
  const upMs = life.kind === "up" ? nowMs - life.sinceMs : 0;
  if (life.kind === "up" && !isFailing(state)) {
    if (upMs >= spec.backoff.stableAfterMs) state.backoff.attempt = 0;
    if (breaker.passingSinceMs !== null && nowMs - breaker.passingSinceMs >= spec.backoff.stableAfterMs) {
      state.breaker = { futile: 0, prescribedBy: null, passingSinceMs: null };
    }
  }
  if (state.loop === null) return;
  const endsAfterMs = loopEndsAfterMs(state.loop, spec);
  const cured = endsAfterMs === null ? state.breaker.prescribedBy === null && life.kind === "up" : upMs >= endsAfterMs;
  // Paused by a person, or ended for good: nothing restarts any more.
  const rests = life.kind === "paused" || life.kind === "completed";
  if (!rests && (!cured || isFailing(state))) return;
  turn.effects.push({ kind: "loop-closed", loop: { ...state.loop, closedMs: nowMs } });
  state.loop = null;
  // The next loop is counted from here: what is over is not told again.
  state.restartTimes = [];
}

const FAILING_ENDPOINT: ReasonCode[] = ["unproven-endpoint", "regressed-endpoint", "dependency-failing"];

/** The log's warning, once per change and not once per probe. */
function warn(turn: Turn, before: Judgement): void {
  const { state, spec, effects } = turn;
  const { verdict, reasonCode, reason } = state.judgement;
  if (reasonCode === "foreign-answer") effects.push({ kind: "warn", text: `${spec.name}: ${reason}` });
  if (
    verdict === "degraded" &&
    FAILING_ENDPOINT.includes(reasonCode) &&
    !FAILING_ENDPOINT.includes(before.reasonCode)
  ) {
    const instead = spec.ports.length > 0 ? "checking port instead" : "no port to check instead, the process runs";
    effects.push({ kind: "warn", text: `Health endpoint failed for ${spec.name}, ${instead}` });
  }
}

/** What a person is told once, until it was ok or edited in between. */
function tell(turn: Turn): void {
  const { state } = turn;
  switch (state.judgement.reasonCode) {
    case "unproven-endpoint":
      return once(turn, state.endpoint, "endpoint-unproven");
    case "unproven-port":
      return once(turn, state.port, "endpoint-unproven");
    case "regressed-endpoint":
      return once(turn, state.endpoint, "endpoint-regressed");
    case "port-conflict":
      return once(turn, state.port, "port-conflict");
    default:
      return;
  }
}

function once({ state, effects }: Turn, record: CheckRecord, code: NoticeCode): void {
  if (record.noticed) return;
  record.noticed = true;
  effects.push({ kind: "notice", code, text: state.judgement.reason });
}
