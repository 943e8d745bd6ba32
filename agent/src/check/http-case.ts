import type { Diagnosis } from "@afloat/shared/domain";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { EndpointSpec, HttpEndpoint, ServiceSpec } from "@afloat/shared/spec";
import { probeHttp } from "../probe/http.ts";

/** Puts a diagnosis together: what is wrong, how we know, and what to write instead. */
export type Say = (code: Diagnosis["code"], what: string, proof: string, write?: string | null) => Diagnosis;

/** A failing HTTP endpoint that is looked into. */
export interface HttpCase {
  spec: ServiceSpec;
  endpoint: EndpointSpec & HttpEndpoint;
  /** What is asked, in words. */
  asked: string;
  ownPorts: number[] | null;
  pid: number | null;
  say: Say;
}

/** How long one more call may take, milliseconds. */
const TRY_TIMEOUT_MS = 1000;

/** Calls it once more with something changed. */
export function tryWith(
  at: HttpCase,
  change: Partial<HttpEndpoint>,
  timeoutMs = TRY_TIMEOUT_MS,
): Promise<EndpointResult> {
  return probeHttp({ ...at.endpoint, ...change }, timeoutMs);
}

/** The line that has another address: `health: …`, or `http: …` in the long form. */
export function lineWith(at: HttpCase, address: string): string {
  const { written } = at.endpoint;
  return `${written.slice(0, written.indexOf(":"))}: ${address}`;
}
