import type { Diagnosis } from "@afloat/shared/domain";
import { answerWords } from "@afloat/shared/core/answer-words";
import { askedWords } from "@afloat/shared/core/endpoint-words";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { EndpointSpec, HttpEndpoint, ServiceSpec } from "@afloat/shared/spec";
import { whatHangs } from "./hang.ts";
import type { HttpCase, Say } from "./http-case.ts";
import { whereElse } from "./elsewhere.ts";
import { withOrWithoutTls } from "./tls-or-not.ts";
import { wrongPath } from "./wrong-path.ts";

/** What is known when a diagnosis begins. */
export interface Evidence {
  endpoint: EndpointResult;
  /** Where the service's own processes listen; null where that is not known. */
  ownPorts: number[] | null;
  /** Its first process; null where it does not run, or that is not known. */
  pid: number | null;
}

/** What is most likely wrong with a failing endpoint, with proof, and the line to write instead. It never acts. */
export async function diagnose(spec: ServiceSpec, evidence: Evidence): Promise<Diagnosis | null> {
  const { endpoint } = spec;
  const result = evidence.endpoint;
  if (endpoint === null || result.kind === "ok") return null;
  const say: Say = (code, what, proof, write = null) => ({ code, what, proof, write, where: endpoint.where });
  const asked = askedWords(endpoint);
  const { ownPorts, pid } = evidence;
  if (isHttp(endpoint)) return diagnoseHttp({ spec, endpoint, asked, say, ownPorts, pid }, result);
  return say("error-status", "The health check itself says no.", `${asked}: ${answerWords(result)}.`);
}

async function diagnoseHttp(at: HttpCase, result: EndpointResult): Promise<Diagnosis> {
  const { say, asked, endpoint } = at;
  const answers = `${asked} answers ${answerWords(result)}.`;
  const came = `${asked}: ${answerWords(result)}.`;
  switch (result.kind) {
    case "status":
      if ([404, 405, 501].includes(result.status)) return wrongPath(at, result.status);
      // What servers say to plain HTTP on a port for HTTPS.
      if (result.status === 400 && endpoint.url.startsWith("http:")) return withOrWithoutTls(at, answers);
      return say("error-status", "The endpoint answers with an error.", answers);
    case "redirect":
      return say("redirect", "The endpoint redirects, most likely to a login page.", answers);
    case "body":
      return say("error-status", "The endpoint answers, but not with the body that `body` expects.", answers);
    case "refused":
      return whereElse(at, came);
    case "timeout":
      return whatHangs(at, came);
    case "tls":
    case "malformed":
      return withOrWithoutTls(at, came);
    case "reset":
      if (result.detail === "connection closed" || endpoint.url.startsWith("https:")) return withOrWithoutTls(at, came);
      return say("crashes", "The connection is dropped when the endpoint is called.", came);
    default:
      return say("unclear", "The endpoint cannot be reached as it is written.", came);
  }
}

const isHttp = (endpoint: EndpointSpec): endpoint is EndpointSpec & HttpEndpoint => endpoint.kind === "http";
