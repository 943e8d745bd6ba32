import type { ServiceSpec } from "../spec.ts";
import type { Observation, Stranger } from "./lifecycle-types.ts";
import { momentWords } from "./moment.ts";

/** A stranger and the port where it was met. */
type Met = Stranger & { port: number };

/** The stranger that holds one of the ports, so that the service cannot have it; or null. */
export function strangerAt(observation: Observation, spec: ServiceSpec): Met | null {
  if (spec.portOwner === "any") return null;
  for (const port of observation.ports) if (port.kind === "listening" && port.owner === "foreign") return port;
  return null;
}

/** The stranger that answers, or may answer, when the endpoint is called; what it says is not the service's word. Or null. */
export function strangerAnswering(observation: Observation, spec: ServiceSpec): Met | null {
  if (spec.portOwner === "any") return null;
  const called = calledPort(spec);
  for (const port of observation.ports) {
    // An endpoint that is none of the ports says of none of them whose it is: then any stranger makes it doubtful.
    if (port.kind === "closed" || (spec.ports.includes(called) && port.port !== called)) continue;
    if (port.owner === "foreign") return port;
    if (port.beside !== undefined) return { ...port.beside, port: port.port };
  }
  return null;
}

/** Who it is, like `pid 77 (python3 -m http.server 5001)`. */
export function strangerWords({ pid, name, command }: Stranger): string {
  return `pid ${pid} (${command ?? name})`;
}

/** Since when it runs, like ` since 13:28`; nothing where that is not known. */
export function strangerSince({ sinceMs }: Stranger, nowMs: number): string {
  return sinceMs === undefined ? "" : ` since ${momentWords(sinceMs, nowMs)}`;
}

/** The TCP port at which the endpoint is called; NaN where it is called otherwise. */
function calledPort({ endpoint }: ServiceSpec): number {
  if (endpoint === null || endpoint.kind === "command") return Number.NaN;
  if (endpoint.kind === "http" && endpoint.socket !== null) return Number.NaN;
  const { port, protocol } = new URL(endpoint.url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
