import type { Diagnosis } from "@afloat/shared/domain";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { answerWords } from "@afloat/shared/core/answer-words";
import type { EndpointSpec, ServiceSpec } from "@afloat/shared/spec";
import { probeEndpoint } from "../probe/http.ts";

/** Where health endpoints customarily are. */
const CUSTOMARY = [
  "/health",
  "/healthz",
  "/health/live",
  "/livez",
  "/readyz",
  "/ready",
  "/status",
  "/ping",
  "/api/health",
  "/",
];
/** Between two tries: a look must not be a load, milliseconds. */
const PAUSE_MS = 50;
const TRY_TIMEOUT_MS = 1000;

/** What is most likely wrong with a failing endpoint, with proof, and the line to write instead. It never acts. */
export async function diagnose(
  spec: ServiceSpec,
  evidence: { endpoint: EndpointResult; ownPorts: number[] | null },
): Promise<Diagnosis | null> {
  const endpoint = spec.endpoint;
  if (endpoint === null) return null;
  const { endpoint: result, ownPorts } = evidence;
  const url = new URL(endpoint.url);
  const say: Say = (code, what, proof, write = null) => ({ code, what, proof, write, where: endpoint.where });
  const asked = `${endpoint.method} ${endpoint.url}`;
  switch (result.kind) {
    case "status":
      if ([404, 405, 501].includes(result.status)) return wrongPath(endpoint, url, result.status, say);
      return say("error-status", "The endpoint answers with an error.", `${asked} answers ${result.status}.`);
    case "refused": {
      const elsewhere = (ownPorts ?? []).find((port) => port !== Number(url.port));
      if (elsewhere === undefined)
        return say("unclear", "Nothing listens where the endpoint is expected.", `${asked}: connection refused.`);
      const moved = new URL(endpoint.url);
      moved.port = String(elsewhere);
      return say(
        "wrong-port",
        "The port is most likely wrong.",
        `The service's own processes listen on ${elsewhere}, not on ${url.port}.`,
        `health: ${moved.href}`,
      );
    }
    case "timeout":
      return say(
        "hangs",
        "The endpoint takes the connection and does not answer in time.",
        `${asked}: ${answerWords(result)}.`,
      );
    case "reset":
      return say(
        "crashes",
        "The connection is dropped when the endpoint is called.",
        `${asked}: ${answerWords(result)}.`,
      );
    case "redirect":
      return say(
        "redirect",
        "The endpoint redirects, most likely to a login page.",
        `${asked} answers ${answerWords(result)}.`,
      );
    case "tls":
    case "malformed":
      return say(
        "https",
        url.protocol === "https:" ? "This does not speak HTTPS." : "This does not speak HTTP; HTTPS perhaps.",
        `${asked}: ${answerWords(result)}.`,
      );
    case "dns":
      return say("unclear", "The name of the endpoint's host is not known here.", `${asked}: ${answerWords(result)}.`);
    case "ok":
      return null;
  }
}

type Say = (code: Diagnosis["code"], what: string, proof: string, write?: string | null) => Diagnosis;

/** Tries the customary paths once, slowly, and stops at the first sign that it hurts. */
async function wrongPath(endpoint: EndpointSpec, url: URL, status: number, say: Say): Promise<Diagnosis> {
  const answering: string[] = [];
  for (const path of CUSTOMARY) {
    if (path === url.pathname) continue;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const tried = new URL(path, url);
    const result = await probeEndpoint({ ...endpoint, url: tried.href }, TRY_TIMEOUT_MS);
    if (result.kind === "ok") answering.push(path);
    if (result.kind === "reset" || result.kind === "refused" || result.kind === "timeout") break;
  }
  const failing = `${url.pathname} answers ${status}`;
  const best = answering[0];
  if (best === undefined)
    return say("wrong-path", "The path is most likely wrong.", `${failing}, and none of the customary paths answers.`);
  const written = endpoint.written.includes("://") ? new URL(best, url).href : best;
  return say(
    "wrong-path",
    "The path is most likely wrong.",
    `${failing}; ${answering.join(", ")} answers.`,
    `health: ${written}`,
  );
}
