import type { Exit } from "../domain.ts";
import { endpointWords } from "./endpoint-words.ts";
import type { ServiceState } from "./lifecycle-types.ts";
import type { Turn } from "./turn.ts";

/** Exits during a probe after which the endpoint is called no more. */
const CRASHES_TO_RETIRE = 2;
/** An exit so soon after a call may still be the call's doing, milliseconds. */
export const AFTERMATH_MS = 1000;
/** A life this long is proof enough that it lives without being called, milliseconds. */
const PROOF_LIMIT_MS = 60_000;

/** True where the endpoint crashes the service, so that it is called no more. */
export function isRetired({ endpoint }: ServiceState): boolean {
  return endpoint.crashes >= CRASHES_TO_RETIRE;
}

/**
 * From when on the endpoint may be called in this life. After one exit that may have been a call's doing, the next life is not
 * called until it has outlived the last one: if it ends before that, it was not the call. Infinite where it is retired.
 */
export function calledFromMs(state: ServiceState): number {
  const { endpoint, life } = state;
  if (isRetired(state)) return Number.POSITIVE_INFINITY;
  if (endpoint.crashes === 0 || life.kind !== "up") return 0;
  return life.sinceMs + Math.min(endpoint.suspectRanMs + AFTERMATH_MS, PROOF_LIMIT_MS);
}

/** An exit during a probe or within 1 s of one: twice, and the endpoint is called no more. One that no call came before acquits it. */
export function blameProbe(turn: Turn, exit: Exit, probing: boolean): void {
  const { state, spec, effects } = turn;
  if (spec.endpoint === null || isRetired(state)) return;
  if (!probing && !isAftermath(state, exit)) {
    state.endpoint.crashes = 0;
    return;
  }
  state.endpoint.crashes++;
  state.endpoint.suspectRanMs = exit.ranMs;
  if (!isRetired(state)) return;
  const text = `it ended twice while ${endpointWords(spec)} was called; it is called no more`;
  effects.push({ kind: "notice", code: "endpoint-crashes-service", text });
}

/** What was never reached (nobody listened) has harmed nobody. */
function isAftermath({ endpoint }: ServiceState, exit: Exit): boolean {
  const { last, lastProbeEndedMs } = endpoint;
  if (lastProbeEndedMs === null || exit.atMs - lastProbeEndedMs > AFTERMATH_MS) return false;
  return last?.kind !== "refused" && last?.kind !== "dns";
}
