import type { ServiceSpec } from "../../spec.ts";
import { durationWords } from "../duration.ts";
import { endpointWords } from "../endpoint-words.ts";
import { latencyOf } from "../latency.ts";
import type { CheckRecord, ServiceState } from "../lifecycle-types.ts";
import { momentWords } from "../moment.ts";
import { isRetired } from "../blame.ts";
import { agoWords, portsWords, sentence, type Sentence } from "./sentence.ts";

type RecordCode =
  | "endpoint-proven"
  | "endpoint-unproven"
  | "latency"
  | "retired"
  | "crashed-once"
  | "port-proven"
  | "port-unproven";

/** What its checks have earned: proven or not, streaks, and whether the endpoint was found to crash the service. */
export function recordOf(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<RecordCode>[] {
  return [...endpointRecord(state, spec, nowMs), ...portRecord(state, spec, nowMs)];
}

function endpointRecord(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<RecordCode>[] {
  if (spec.endpoint === null) return [];
  const record = state.endpoint;
  const what = endpointWords(spec);
  if (isRetired(state)) {
    return [{ code: "retired", text: `${what} is called no more: the service ended twice while it was called.` }];
  }
  const earned: Sentence<RecordCode> =
    record.lastOkMs === null
      ? {
          code: "endpoint-unproven",
          text: `${what} is unproven: it never answered as it should${streak(record, nowMs)}.`,
        }
      : {
          code: "endpoint-proven",
          text: `${what} is proven: it last answered ${agoWords(record.lastOkMs, nowMs)}${streak(record, nowMs)}.`,
        };
  const told = [earned, ...latencyRecord(record.tookMs)];
  if (record.crashes === 0) return told;
  const text = "The service ended once while it was called; once more, and it is called no more.";
  return [...told, { code: "crashed-once", text }];
}

function latencyRecord(tookMs: readonly number[]): Sentence<RecordCode>[] {
  const latency = latencyOf(tookMs);
  if (latency === null || latency.count < 2) return [];
  const { count, p50Ms, p95Ms, maxMs } = latency;
  const text = `Of its last ${count} answers half took ${p50Ms} ms or less, 95 % ${p95Ms} ms, the slowest ${maxMs} ms.`;
  return [{ code: "latency", text }];
}

function portRecord(state: ServiceState, spec: ServiceSpec, nowMs: number): Sentence<RecordCode>[] {
  if (spec.ports.length === 0) return [];
  const record = state.port;
  const ports = `${portsWords(spec.ports)} ${spec.ports.length > 1 ? "are" : "is"}`;
  if (record.lastOkMs === null) {
    return [{ code: "port-unproven", text: sentence(`${ports} unproven: never seen open by this service`) }];
  }
  const opened = record.openAfterMs === null ? "" : `; it opened ${durationWords(record.openAfterMs)} after its start`;
  const text = `${ports} proven: last seen open ${agoWords(record.lastOkMs, nowMs)}${streak(record, nowMs)}${opened}`;
  return [{ code: "port-proven", text: sentence(text) }];
}

function streak({ failures, failingSinceMs }: CheckRecord, nowMs: number): string {
  if (failingSinceMs === null) return "";
  const counted = failures === 0 ? "" : failures === 1 ? ", 1 failure" : `, ${failures} failures in a row`;
  return `; it has failed since ${momentWords(failingSinceMs, nowMs)}${counted}`;
}
