import type { Diagnosis, ServiceSnapshot, State } from "../domain.ts";
import type { ServiceSpec } from "../spec.ts";
import { answerWords } from "./answer-words.ts";
import { endpointWords } from "./endpoint-words.ts";
import { latencyOf } from "./latency.ts";
import type { ServiceState } from "./lifecycle-types.ts";
import { isRetired } from "./blame.ts";

/** All that is known of a service, as the command line prints it, the wire carries it and the pages show it. */
export function snapshotOf(state: ServiceState, spec: ServiceSpec, diagnosis: Diagnosis | null): ServiceSnapshot {
  const { desired, life, judgement } = state;
  const needs = Object.keys(spec.dependsOn);
  return {
    name: spec.name,
    desired: desired.kind,
    paused: desired.kind === "pause" ? { by: desired.by.name, atMs: desired.atMs } : null,
    state: stateWord(state),
    verdict: judgement.verdict,
    reasonCode: judgement.reasonCode,
    reason: judgement.reason,
    sinceMs: judgement.sinceMs,
    pid: life.kind === "up" || life.kind === "stopping" ? life.pid : null,
    port: spec.ports[0] ?? null,
    restarts: state.restarts,
    upSinceMs: life.kind === "up" ? life.sinceMs : null,
    nextTryMs: life.kind === "backoff" ? life.untilMs : null,
    loop: state.loop,
    lastExit: state.lastExit,
    endpoint: endpointView(state, spec),
    diagnosis,
    ...(needs.length === 0 ? {} : { needs }),
  };
}

function stateWord(state: ServiceState): State {
  return state.life.kind;
}

function endpointView(state: ServiceState, spec: ServiceSpec): ServiceSnapshot["endpoint"] {
  if (spec.endpoint === null) return null;
  const { last, lastOkMs, tookMs } = state.endpoint;
  return {
    what: endpointWords(spec),
    proven: lastOkMs !== null,
    lastOkMs,
    last: last === null ? null : answerWords(last),
    lastMs: last === null ? null : last.ms,
    retired: isRetired(state),
    latency: latencyOf(tookMs),
  };
}
