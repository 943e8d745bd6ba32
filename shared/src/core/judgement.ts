import type { ReasonCode, Verdict } from "../domain.ts";
import type { ServiceSpec } from "../spec.ts";
import { answerWords, exitWords } from "./answer-words.ts";
import { durationWords } from "./duration.ts";
import { endpointWords } from "./endpoint-words.ts";
import type { EndpointResult, Life, Observation, ServiceState, Unmet } from "./lifecycle-types.ts";
import { momentWords } from "./moment.ts";
import { keepsAlive } from "./records.ts";
import { strangerAnswering, strangerAt, strangerSince, strangerWords } from "./stranger.ts";

/** A verdict before it is known since when it holds. */
export interface Verdicted {
  verdict: Verdict;
  reasonCode: ReasonCode;
  reason: string;
}

type Up = Extract<Life, { kind: "up" }>;

/** The verdict on a service: the table of docs/health.md, the first matching row decides. */
export function judge(state: ServiceState, nowMs: number, spec: ServiceSpec): Verdicted {
  const { desired, life } = state;
  if (desired.kind === "pause" && life.kind !== "off") {
    return said("paused", "paused-by-person", `paused by ${desired.by.name} at ${momentWords(desired.atMs, nowMs)}`);
  }
  switch (life.kind) {
    case "waiting":
      return said("waiting", "dependency", `waits for ${neededWords(life.unmet)}`);
    case "completed":
      return judgeEnded(state, spec);
    case "backoff":
      if (life.cannotStart !== null) return said("down", "cannot-start", `cannot start: ${life.cannotStart}`);
      return said("down", "exited", lastExitWords(state));
    case "off":
      return said("down", "shut-down", "stopped with the agent");
    case "starting":
      return said("starting", "start-period", "starting");
    case "stopping":
      if (life.why === "shutdown") return said("starting", "start-period", "it is being stopped");
      return said("starting", "start-period", "restarting: the old process is being stopped");
    case "paused":
      return said("starting", "start-period", "resumed");
    case "up":
      return blameDependency(state, judgeUp(state, life, nowMs, spec));
  }
}

/** What fails while a service that it needs is not there is not its own fault: it says so, and nothing follows. */
function blameDependency(state: ServiceState, own: Verdicted): Verdicted {
  if (!BLAMABLE.includes(own.reasonCode) || state.unmet.length === 0) return own;
  return said(own.verdict, "dependency-failing", `${own.reason}; it needs ${neededWords(state.unmet)}`);
}

const BLAMABLE: ReasonCode[] = ["regressed-endpoint", "not-listening"];

const neededWords = (unmet: readonly Unmet[]) => unmet.map(({ service, why }) => `${service}, which ${why}`).join("; ");

function judgeEnded(state: ServiceState, spec: ServiceSpec): Verdicted {
  const exit = state.lastExit;
  if (exit !== null && exit.signal === null && exit.code !== null && spec.successCodes.includes(exit.code)) {
    return said("completed", "exit-success", `exited with code ${exit.code} after ${durationWords(exit.ranMs)}`);
  }
  return said("down", "exited", lastExitWords(state));
}

function judgeUp(state: ServiceState, life: Up, nowMs: number, spec: ServiceSpec): Verdicted {
  const observation = state.observation;
  if (spec.endpoint === null && spec.ports.length === 0) {
    return said("healthy", "process-only", "the process runs; nothing to probe");
  }
  if (observation === null) return said("starting", "start-period", "started, not probed yet");
  const ok = observation.endpoint?.kind === "ok" ? observation.endpoint : null;
  const stranger = strangerAt(observation, spec);
  const alive = observation.ports.filter((port) => keepsAlive(port, spec));
  const missing = observation.ports.filter((port) => port.kind === "closed").map((port) => port.port);
  const answering = strangerAnswering(observation, spec);
  if (ok !== null && answering !== null) {
    const who = `${strangerWords(answering)}${strangerSince(answering, nowMs)}`;
    return said("healthy", "foreign-answer", `answered by ${who}: proves nothing of this service`);
  }
  if (ok !== null && (alive.length > 0 || observation.ports.length === 0 || observation.ownPorts === null)) {
    return missing.length > 0 && alive.length > 0
      ? portMissing(missing)
      : said("healthy", "endpoint-ok", `the endpoint answered ${answerWords(ok)} in ${Math.round(ok.ms)} ms`);
  }
  if (alive.length === 0 && stranger === null && observation.ports.length > 0) {
    return judgeClosed(state, life, observation, nowMs, spec);
  }
  if (alive.length === 0 && stranger !== null) {
    const held = `port ${stranger.port} is held by ${strangerWords(stranger)}${strangerSince(stranger, nowMs)}`;
    return said("unhealthy", "port-conflict", `${held}; a restart cannot cure it`);
  }
  if (answering !== null && observation.endpoint !== null) {
    const held = `${strangerWords(answering)} answers at port ${answering.port}${strangerSince(answering, nowMs)}`;
    return said("degraded", "port-conflict", `${held}, beside the service, which listens on another of its addresses`);
  }
  if (observation.endpoint !== null && ok === null) {
    return judgeFailing(state, { life, result: observation.endpoint }, nowMs, spec);
  }
  if (missing.length > 0) return portMissing(missing);
  if (spec.ports.length === 0) return said("healthy", "process-only", "the process runs; its endpoint is not called");
  return said("healthy", "port-only", `port ${spec.ports.join(", ")} listens`);
}

function judgeClosed(state: ServiceState, life: Up, seen: Observation, nowMs: number, spec: ServiceSpec): Verdicted {
  const upMs = nowMs - life.sinceMs;
  const ports = spec.ports.join(", ");
  // An endpoint elsewhere answers although the configured port is closed: the service works, the port is the mistake.
  const record = state.port;
  if (!record.openedThisLife && upMs < spec.check.startPeriodMs && seen.endpoint?.kind !== "ok") {
    return said("starting", "start-period", `started ${durationWords(upMs)} ago, port ${ports} not open yet`);
  }
  if (record.lastOkMs === null) {
    const elsewhere = seen.ownPorts === null ? "" : ownPortsWords(seen.ownPorts);
    return said("degraded", "unproven-port", `port ${ports} was never seen open${elsewhere}`);
  }
  if (!record.openedThisLife && upMs < spec.check.startTimeoutMs) {
    const before =
      record.openAfterMs === null ? "" : `; it opened after ${durationWords(record.openAfterMs)} last time`;
    return said("starting", "port-opening", `port ${ports} is not open yet${before}`);
  }
  const since = record.failingSinceMs ?? seen.startedMs;
  return said("unhealthy", "not-listening", `not listening on port ${ports} since ${momentWords(since, nowMs)}`);
}

function ownPortsWords(ownPorts: number[]): string {
  if (ownPorts.length === 0) return "; its processes listen nowhere";
  return `; its processes listen on ${ownPorts.join(", ")}`;
}

function judgeFailing(
  { endpoint }: ServiceState,
  { life, result }: { life: Up; result: EndpointResult },
  nowMs: number,
  spec: ServiceSpec,
): Verdicted {
  const words = `${endpointWords(spec)} → ${answerWords(result)}`;
  const upMs = nowMs - life.sinceMs;
  if (upMs < spec.check.startPeriodMs && mayYetAnswer(endpoint, life, result)) {
    return said("starting", "start-period", `started ${durationWords(upMs)} ago, ${words} so far`);
  }
  if (endpoint.lastOkMs === null) return said("degraded", "unproven-endpoint", `${words}; it never answered`);
  const until = momentWords(endpoint.lastOkMs, nowMs);
  return said("degraded", "regressed-endpoint", `${words}; it answered until ${until}`);
}

/**
 * It is not ready yet, as far as anybody can tell: it has answered in another life and not in this one, or nobody listened when it was called. What is
 * answered by an endpoint that never was ok is most likely a mistake of the configuration, and said at once.
 */
function mayYetAnswer({ lastOkMs }: ServiceState["endpoint"], life: Up, result: EndpointResult): boolean {
  if (lastOkMs !== null && lastOkMs >= life.sinceMs) return false;
  return lastOkMs !== null || result.kind === "refused";
}

const portMissing = (missing: number[]) =>
  said("degraded", "port-missing", `port ${missing.join(", ")} is closed, the others listen`);

function lastExitWords(state: ServiceState): string {
  if (state.lastExit === null) return "not running";
  return `${exitWords(state.lastExit)} after ${durationWords(state.lastExit.ranMs)}`;
}

const said = (verdict: Verdict, reasonCode: ReasonCode, reason: string): Verdicted => ({ verdict, reasonCode, reason });
