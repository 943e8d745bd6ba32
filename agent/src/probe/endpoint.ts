import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { EndpointSpec, ServiceSpec } from "@afloat/shared/spec";
import { probeHttp } from "./http.ts";

/**
 * Calls an endpoint of a service once. One deadline over everything, bounded in bytes; whatever was opened or started for it is
 * gone when it resolves. Never rejects. `signal` ends it early, as its deadline would. What few services need is only loaded
 * for them.
 */
export async function probeEndpoint(
  spec: ServiceSpec,
  endpoint: EndpointSpec,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<EndpointResult> {
  switch (endpoint.kind) {
    case "http":
      return probeHttp(endpoint, timeoutMs, signal);
    case "grpc":
      return (await import("./grpc.ts")).probeGrpc(endpoint, timeoutMs, signal);
    case "command":
      return (await import("./command.ts")).probeCommand(endpoint, spec, timeoutMs, signal);
  }
}

type Untimed<R> = R extends unknown ? Omit<R, "ms"> : never;

/** A result before it is known how long it took. */
export type Outcome = Untimed<EndpointResult>;
