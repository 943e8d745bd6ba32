import type { ServiceSpec } from "../../spec.ts";
import { durationWords } from "../duration.ts";
import type { Life, ServiceState, Unmet } from "../lifecycle-types.ts";
import { loopEndsAfterMs } from "../loop.ts";
import { momentWords } from "../moment.ts";
import { isRetired } from "../blame.ts";
import { isFailing, stopTimeoutMs } from "../turn.ts";
import type { Sentence } from "./sentence.ts";

type NextCode =
  | "resume"
  | "dependency"
  | "person"
  | "next-agent"
  | "starting"
  | "stopping"
  | "backoff"
  | "probe"
  | "start-period"
  | "start-timeout"
  | "stable"
  | "for-ever"
  | "loop-end"
  | "recheck"
  | "cure";

/** What happens next by itself, when, and what waits for a person. */
export function nextOf(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<NextCode>[] {
  return [...lifeNext(state, spec, nowMs), ...loopNext(state, spec, nowMs)];
}

function lifeNext(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<NextCode>[] {
  const { desired, life } = state;
  const { name } = spec;
  if (desired.kind === "pause" && life.kind !== "off") {
    const { by, atMs } = desired;
    const text = `It stays paused (by ${by.name}, ${momentWords(atMs, nowMs)}) until a person writes: afloat resume ${name}`;
    return [{ code: "resume", text }];
  }
  switch (life.kind) {
    case "waiting":
      return life.unmet.map((unmet) => ({ code: "dependency", text: dependencyWords(unmet) }));
    case "starting":
    case "paused":
      return [{ code: "starting", text: "It is probed as soon as it runs." }];
    case "stopping":
      return stoppingNext(life, spec, nowMs);
    case "backoff": {
      const waitMs = life.untilMs - nowMs;
      const when = waitMs <= 0 ? "now" : `in ${durationWords(waitMs)}`;
      const text = `The next start is tried ${when}. It is tried for ever, at most ${durationWords(spec.backoff.maxMs)} apart.`;
      return [{ code: "backoff", text }];
    }
    case "completed":
      return [{ code: "person", text: `${againWords(spec)} when a person writes: afloat start ${name}` }];
    case "off":
      return [{ code: "next-agent", text: "The next agent starts it: afloat up --daemon" }];
    case "up":
      return upNext(state, life, spec, nowMs);
  }
}

function againWords({ schedule }: ServiceSpec): string {
  return schedule === null ? "It starts again" : `It starts again when the clock says \`${schedule.cron}\`, or`;
}

function dependencyWords({ service, condition, why }: Unmet): string {
  const wanted = {
    started: "has started",
    listening: "listens",
    healthy: "is healthy or degraded",
    completed: "has completed",
  };
  return `It is started as soon as ${service} ${wanted[condition]}. Now it ${why}.`;
}

function stoppingNext(
  life: Extract<Life, { kind: "stopping" }>,
  spec: ServiceSpec,
  nowMs: number,
): Sentence<NextCode>[] {
  const planMs = stopTimeoutMs(spec, life.why) * (spec.stop.command === null ? 1 : 2);
  const leftMs = Math.max(0, life.sinceMs + planMs - nowMs);
  const then = life.why === "shutdown" ? "" : "; then it is started again";
  return [
    { code: "stopping", text: `It is ended by force in ${durationWords(leftMs)} if it does not end by itself${then}.` },
  ];
}

type Up = Extract<Life, { kind: "up" }>;

function upNext(state: ServiceState, life: Up, spec: ServiceSpec, nowMs: number): Sentence<NextCode>[] {
  const { backoff } = state;
  const next: Sentence<NextCode>[] = [...probeNext(state, life, spec, nowMs)];
  const stableMs = life.sinceMs + spec.backoff.stableAfterMs - nowMs;
  if (backoff.attempt > 0 && stableMs > 0 && !isFailing(state)) {
    const text = `If it stays up and well for ${durationWords(stableMs)} more, its backoff begins anew.`;
    next.push({ code: "stable", text });
  }
  for (const { service, why } of state.unmet) {
    next.push({ code: "dependency", text: `It needs ${service}, which ${why}; until then no failure counts.` });
  }
  if (state.breaker.futile >= spec.check.futileAfter) {
    const text = `Its check restarts it again after ${durationWords(spec.backoff.stableAfterMs)} of passing, or after: afloat restart ${spec.name}`;
    next.push({ code: "cure", text });
  }
  return next;
}

function probeNext(state: ServiceState, life: Up, spec: ServiceSpec, nowMs: number): Sentence<NextCode>[] {
  if (spec.endpoint === null && spec.ports.length === 0) return [];
  const { observation, judgement } = state;
  const { intervalMs, startPeriodMs, startTimeoutMs } = spec.check;
  const next: Sentence<NextCode>[] = [];
  if (observation === null) next.push({ code: "probe", text: "Its first probe is on its way." });
  else {
    const dueMs = observation.endedMs + intervalMs - nowMs;
    const when = dueMs <= 0 ? "is due now" : `comes within ${durationWords(dueMs)}`;
    next.push({ code: "probe", text: `The next probe ${when}; there is one every ${durationWords(intervalMs)}.` });
  }
  const periodMs = life.sinceMs + startPeriodMs - nowMs;
  if (periodMs > 0 && judgement.verdict !== "healthy") {
    next.push({
      code: "start-period",
      text: `Failures begin to count in ${durationWords(periodMs)} (\`start_period\`).`,
    });
  }
  const openMs = life.sinceMs + startTimeoutMs - nowMs;
  if (judgement.reasonCode === "port-opening" && openMs > 0) {
    const text = `Its port may take ${durationWords(openMs)} more to open (\`start_timeout\`).`;
    next.push({ code: "start-timeout", text });
  }
  if (spec.endpoint !== null && isRetired(state)) {
    const text = "Its endpoint is called again after `afloat check`, or once its definition is edited.";
    next.push({ code: "recheck", text });
  }
  return next;
}

function loopNext(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<NextCode>[] {
  const { loop, life } = state;
  if (loop === null) return [];
  const endsAfterMs = loopEndsAfterMs(loop, spec);
  if (endsAfterMs === null) {
    const stable = durationWords(spec.backoff.stableAfterMs);
    return [{ code: "loop-end", text: `The loop is over when its check has passed for ${stable} in a row.` }];
  }
  // A loop is mostly looked at between two ends: what was said of its backoff must not depend on the moment.
  const tried: Sentence<NextCode>[] =
    spec.restart === "never" || (life.kind !== "up" && life.kind !== "starting")
      ? []
      : [{ code: "for-ever", text: forEverWords(spec) }];
  const up = `${durationWords(endsAfterMs)} of uptime without a break`;
  const leftMs = life.kind === "up" ? Math.max(0, life.sinceMs + endsAfterMs - nowMs) : null;
  const left = leftMs === null ? "" : `: in ${durationWords(leftMs)}, if it stays up`;
  return [...tried, { code: "loop-end", text: `The loop is over after ${up}${left}.` }];
}

/** Giving up is a pace, never an end. */
function forEverWords({ backoff, restart }: ServiceSpec): string {
  const ends = restart === "on-failure" ? "fails" : "ends";
  return `It is tried for ever, at most ${durationWords(backoff.maxMs)} apart, however often it ${ends}.`;
}
