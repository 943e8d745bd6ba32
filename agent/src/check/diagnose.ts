import { askedWords } from "@afloat/shared/core/endpoint-words";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { CommandEndpoint, EndpointSpec, GrpcEndpoint, HttpEndpoint, ServiceSpec } from "@afloat/shared/spec";
import { cameWords, type Case, type Evidence, type Found, found, hasExited, isDropped } from "./case.ts";
import { portTrouble } from "./elsewhere.ts";
import { diagnoseHttp } from "./http.ts";
import { Look, LookOver } from "./look.ts";

export type { Evidence, Found } from "./case.ts";

/**
 * What is most likely wrong with a failing endpoint or port, with proof, and the line to write instead; null where nothing is,
 * or where `calledOff` ended it. It never acts, calls this host only, and takes 20 s at most.
 */
export async function diagnose(spec: ServiceSpec, evidence: Evidence, calledOff?: AbortSignal): Promise<Found | null> {
  const look = new Look(calledOff ?? null);
  const { endpoint } = spec;
  const result = evidence.endpoint;
  try {
    if (endpoint === null || result === null || result.kind === "ok") return portTrouble(spec, evidence);
    const asked = askedWords(endpoint);
    const at: Case = { spec, endpoint, asked, came: cameWords(asked, result), evidence, look };
    return await explain(at, result);
  } catch (error) {
    if (!(error instanceof LookOver)) throw error;
    return null;
  } finally {
    look.end();
  }
}

async function explain(at: Case, result: EndpointResult): Promise<Found> {
  if (at.endpoint.kind !== "command" && (await hasExited(at, isDropped(result)))) {
    const proof = `${at.came} The process, pid ${at.evidence.pid}, exited when it was called.`;
    return found(at, "crashes", "The service exits when its endpoint is called.", proof);
  }
  if (isHttp(at)) return diagnoseHttp(at, result);
  if (isGrpc(at)) return (await import("./grpc.ts")).diagnoseGrpc(at, result);
  if (isCommand(at)) return (await import("./command.ts")).diagnoseCommand(at, result);
  return found(at, "unclear", "The endpoint does not answer as expected.", at.came);
}

const isHttp = (at: Case): at is Case<EndpointSpec & HttpEndpoint> => at.endpoint.kind === "http";
const isGrpc = (at: Case): at is Case<EndpointSpec & GrpcEndpoint> => at.endpoint.kind === "grpc";
const isCommand = (at: Case): at is Case<EndpointSpec & CommandEndpoint> => at.endpoint.kind === "command";
