import type { ServiceSpec } from "../../spec.ts";
import { durationWords } from "../duration.ts";
import type { ServiceState } from "../lifecycle-types.ts";
import { momentWords } from "../moment.ts";
import { type Sentence, timesWords } from "./sentence.ts";

type RestartsCode = "count" | "windows" | "loop" | "backoff" | "futile" | "futile-once";

/** How often it was restarted, how near that is to a loop, and how far backoff and breaker have gone. */
export function restartsOf(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<RestartsCode>[] {
  const { restarts } = state;
  const count =
    restarts === 0 ? "It was never restarted." : `It was restarted ${timesWords(restarts)}, planned or not.`;
  return [
    { code: "count", text: count },
    ...loopWords(state, spec, nowMs),
    ...backoffWords(state, spec),
    ...futileWords(state, spec),
  ];
}

/** How many more unplanned restarts, coming at once, open a restart loop; null while one is open already or none can. */
export function restartsToLoop(state: ServiceState, spec: ServiceSpec, nowMs: number): number | null {
  if (state.loop !== null) return null;
  const room = spec.loopWindows.map(({ restarts, withinMs }) => restarts - insideOf(state, withinMs, nowMs));
  return room.length === 0 ? null : Math.max(1, Math.min(...room));
}

const insideOf = (state: ServiceState, withinMs: number, nowMs: number) =>
  state.restartTimes.filter((mark) => nowMs - mark.atMs < withinMs).length;

function loopWords(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<RestartsCode>[] {
  const { loop } = state;
  if (loop !== null) {
    const since = momentWords(loop.openedMs, nowMs);
    const text = `A restart loop since ${since}: ${loop.restarts} restarts in ${durationWords(loop.spanMs)}, ${loop.cause.text}.`;
    return [{ code: "loop", text }];
  }
  const more = restartsToLoop(state, spec, nowMs);
  if (more === null) return [];
  const windows = spec.loopWindows.map(
    ({ restarts, withinMs }) => `${insideOf(state, withinMs, nowMs)} of ${restarts} in ${durationWords(withinMs)}`,
  );
  const room = more === 1 ? "one more is a restart loop" : `${more} more are a restart loop`;
  return [{ code: "windows", text: `Unplanned: ${windows.join(", ")}; ${room}.` }];
}

function backoffWords({ backoff, life }: ServiceState, spec: ServiceSpec): Sentence<RestartsCode>[] {
  if (backoff.attempt === 0) return [];
  const stable = durationWords(spec.backoff.stableAfterMs);
  const tried = life.kind === "backoff" ? "Its next start is attempt" : "Backoff is at attempt";
  return [{ code: "backoff", text: `${tried} ${backoff.attempt}; it begins anew after ${stable} up and not failing.` }];
}

function futileWords({ breaker }: ServiceState, spec: ServiceSpec): Sentence<RestartsCode>[] {
  const { futile } = breaker;
  const { futileAfter } = spec.check;
  if (futile === 0) return [];
  if (futile >= futileAfter) {
    return [{ code: "futile", text: `Health restarts have stopped: ${futile} in a row did not cure it.` }];
  }
  return [
    {
      code: "futile-once",
      text: `${futile} of ${futileAfter} health restarts in a row without a cure; then no more follow.`,
    },
  ];
}
