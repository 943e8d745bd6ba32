import type { ServiceSpec } from "../spec.ts";
import { AFTERMATH_MS } from "./blame.ts";
import { withAnswer } from "./latency.ts";
import type { CheckRecord, EndpointResult, Observation, PortResult, ServiceState } from "./lifecycle-types.ts";
import { strangerAnswering, strangerAt } from "./stranger.ts";

/**
 * What an endpoint's record belongs to: edit any of it and the record starts anew. Empty where none is configured. What is not
 * configured is not part of it, so that what earlier agents wrote still fits.
 */
export function endpointKey(spec: ServiceSpec): string {
  const endpoint = spec.endpoint;
  if (endpoint === null) return "";
  switch (endpoint.kind) {
    case "http": {
      const { method, url, expect, socket, headers, body } = endpoint;
      const plain = socket === null && body === null && Object.keys(headers).length === 0;
      return JSON.stringify([method, url, expect, ...(plain ? [] : [socket, headers, body])]);
    }
    case "grpc":
      return JSON.stringify([endpoint.kind, endpoint.url, endpoint.service]);
    case "command":
      return JSON.stringify([endpoint.kind, endpoint.command]);
  }
}

/** What a port's record belongs to. */
export function portKey(spec: ServiceSpec): string {
  return JSON.stringify([spec.ports, spec.portOwner]);
}

/** An endpoint of which nothing is known yet. */
export function freshEndpoint(spec: ServiceSpec): ServiceState["endpoint"] {
  return {
    ...freshRecord(endpointKey(spec)),
    crashes: 0,
    suspectRanMs: 0,
    lastProbeEndedMs: null,
    calledForMs: 0,
    timeouts: 0,
    last: null,
    tookMs: [],
  };
}

/** A port that was never seen open. */
export function freshPort(spec: ServiceSpec): ServiceState["port"] {
  return { ...freshRecord(portKey(spec)), openedThisLife: false, openAfterMs: null };
}

function freshRecord(key: string): CheckRecord {
  return { key, lastOkMs: null, failures: 0, failingSinceMs: null, noticed: false };
}

/** Drops what belongs to a definition that is no longer there. True where something was dropped. */
export function forgetEdited(state: ServiceState, spec: ServiceSpec): boolean {
  let edited = false;
  if (state.endpoint.key !== endpointKey(spec)) {
    state.endpoint = freshEndpoint(spec);
    edited = true;
  }
  if (state.port.key !== portKey(spec)) {
    state.port = freshPort(spec);
    edited = true;
  }
  return edited;
}

/** A new life begins: streaks belong to the old one, what was proven stays proven. */
export function beginLife(state: ServiceState): void {
  Object.assign(state.endpoint, { failures: 0, timeouts: 0, failingSinceMs: null });
  Object.assign(state.endpoint, { lastProbeEndedMs: null, calledForMs: 0 });
  Object.assign(state.port, { failures: 0, failingSinceMs: null, openedThisLife: false });
  state.observation = null;
}

/** True for a listener that keeps the service alive: its own, one the system tells nothing of, or anyone's where that is configured. */
export function keepsAlive(port: PortResult, spec: ServiceSpec): boolean {
  return port.kind === "listening" && (port.owner !== "foreign" || spec.portOwner === "any");
}

/** Writes one observation into the records. `upSinceMs` is when this life began. */
export function recordObservation(
  state: ServiceState,
  observation: Observation,
  upSinceMs: number,
  spec: ServiceSpec,
): void {
  recordPorts(state, observation, upSinceMs, spec);
  // While its port is still to open in this life, that the endpoint does not answer says nothing: the port is what is waited for.
  const isOpening = observation.ports.length > 0 && !state.port.openedThisLife;
  const isStarting = observation.endedMs < upSinceMs + spec.check.startPeriodMs || isOpening;
  const counts = !isStarting && state.unmet.length === 0;
  if (observation.endpoint !== null) recordEndpoint(state, observation.endpoint, observation, spec, counts);
  state.observation = observation;
}

function recordEndpoint(
  state: ServiceState,
  result: EndpointResult,
  observation: Observation,
  spec: ServiceSpec,
  counts: boolean,
): void {
  const record = state.endpoint;
  noteCall(record, observation);
  record.last = result;
  record.tookMs = withAnswer(record.tookMs, result);
  if (result.kind === "ok") {
    Object.assign(record, { failures: 0, timeouts: 0, failingSinceMs: null, noticed: false });
    if (strangerAnswering(observation, spec) === null) record.lastOkMs = observation.endedMs;
    return;
  }
  record.failingSinceMs ??= observation.startedMs;
  if (!counts || strangerAnswering(observation, spec) !== null) {
    // What a stranger answers is not its failure. Begun anew when what it needs is there again: it is given the time to notice.
    Object.assign(record, { failures: 0, timeouts: 0 });
    return;
  }
  record.failures++;
  record.timeouts = result.kind === "timeout" ? record.timeouts + 1 : 0;
}

/** That a process outlives a probe by more than a second acquits the endpoint: the first of its life, since the next may follow at once. */
function noteCall(record: ServiceState["endpoint"], { startedMs, endedMs }: Observation): void {
  const { lastProbeEndedMs, calledForMs } = record;
  record.lastProbeEndedMs = endedMs;
  if (lastProbeEndedMs === null) return;
  if (calledForMs + startedMs - lastProbeEndedMs > AFTERMATH_MS) record.crashes = 0;
  record.calledForMs = calledForMs + endedMs - lastProbeEndedMs;
}

function recordPorts(state: ServiceState, observation: Observation, upSinceMs: number, spec: ServiceSpec): void {
  const record = state.port;
  if (observation.ports.length === 0) return;
  if (observation.ports.some((port) => keepsAlive(port, spec))) {
    if (!record.openedThisLife) record.openAfterMs = observation.endedMs - upSinceMs;
    record.openedThisLife = true;
    const noticed = record.noticed && strangerAnswering(observation, spec) !== null;
    Object.assign(record, { lastOkMs: observation.endedMs, failures: 0, failingSinceMs: null, noticed });
    return;
  }
  if (strangerAt(observation, spec) !== null) return;
  record.failingSinceMs ??= observation.startedMs;
  const late = observation.endedMs >= upSinceMs + Math.max(spec.check.startPeriodMs, spec.check.startTimeoutMs);
  if (state.unmet.length > 0) record.failures = 0;
  else if (record.openedThisLife || late) record.failures++;
}
