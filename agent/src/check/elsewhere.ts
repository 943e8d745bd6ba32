import type { ServiceSpec } from "@afloat/shared/spec";
import { type Evidence, type Found, found, type GrpcCase, type HttpCase } from "./case.ts";
import { isLoopback, isOwnAddress } from "./hosts.ts";
import { anotherAddress, anotherPort, type Remedy } from "./remedy.ts";

/** How many of a service's other ports are tried. */
const PORTS_LIMIT = 10;

/** Calls it at another address; true where it answers as expected. Throws LookOver. */
type Answers = (url: string) => Promise<boolean>;

/** Nobody takes the call: is it the other family of addresses, or another port of the service's own? */
export async function whereElse(at: HttpCase | GrpcCase, answers: Answers): Promise<Found> {
  const url = new URL(at.endpoint.url);
  const port = portOf(url);
  const family = await otherFamily(at, url, answers);
  if (family !== null) return family;
  const ports = (at.evidence.ownPorts ?? []).filter((each) => each !== port).slice(0, PORTS_LIMIT);
  if (ports.length === 0) {
    const nowhere = at.evidence.ownPorts === null ? "" : " The service's own processes listen nowhere.";
    return found(at, "nothing-listens", "Nothing listens where the endpoint is expected.", `${at.came}${nowhere}`);
  }
  const answering = await firstThatAnswers(url, ports, answers);
  const proof = `The service's own processes listen on ${ports.join(", ")}, not on ${port}${answering === null ? "" : `; ${answering} answers`}.`;
  const remedy = portRemedy(at, url, answering ?? ports[0] ?? port, answering !== null);
  return found(at, "wrong-port", "The port is most likely wrong.", proof, remedy);
}

async function otherFamily(at: HttpCase | GrpcCase, url: URL, answers: Answers): Promise<Found | null> {
  const port = portOf(url);
  const other =
    OTHER_FAMILY[url.hostname] ?? (!isLoopback(url.hostname) && isOwnAddress(url.hostname) ? "localhost" : null);
  if (other === null || !(await answers(moved(url, { hostname: other })))) return null;
  const what = isLoopback(url.hostname)
    ? "It listens on the other family of addresses."
    : "It listens on the loopback only.";
  const proof = `${at.came} Port ${port} answers on ${other}, not on ${url.hostname}.`;
  return found(at, "wrong-family", what, proof, anotherAddress(at, moved(url, { hostname: "localhost" }), true));
}

/** `localhost` is tried on both by every probe; an address is taken at its word. */
const OTHER_FAMILY: Record<string, string> = { "127.0.0.1": "[::1]", "[::1]": "127.0.0.1" };

async function firstThatAnswers(url: URL, ports: readonly number[], answers: Answers): Promise<number | null> {
  for (const port of ports) if (await answers(moved(url, { port: String(port) }))) return port;
  return null;
}

/** A path goes with the service's port: where that is the mistake, it alone is to be mended. */
function portRemedy(at: HttpCase | GrpcCase, url: URL, port: number, certain: boolean): Remedy {
  const { spec, endpoint } = at;
  const isPath = endpoint.written.split(": ")[1]?.startsWith("/") === true;
  const [first] = spec.ports;
  if (isPath && first === portOf(url)) return anotherPort(spec, first, port, certain);
  return anotherAddress(at, moved(url, { port: String(port) }), certain);
}

const portOf = (url: URL) => Number(url.port || (url.protocol === "https:" ? 443 : 80));

/** The same address with another host name or port. */
export function moved(url: URL, change: { hostname?: string; port?: string }): string {
  return Object.assign(new URL(url), change).href;
}

/** A port that nobody of the service listens on, where no endpoint tells more; null where all is well. */
export function portTrouble(spec: ServiceSpec, evidence: Evidence): Found | null {
  const where = spec.wheres?.["port"] ?? spec.wheres?.["ports"] ?? spec.where;
  const conflict = evidence.ports?.find((each) => each.kind === "listening" && each.owner === "foreign");
  if (conflict?.kind === "listening" && conflict.owner === "foreign" && spec.portOwner === "own") {
    const what = `Port ${conflict.port} is held by another program.`;
    const proof = `pid ${conflict.pid} (${conflict.name}) listens there, which is not of this service.`;
    return { code: "port-conflict", what, proof, write: null, where, edit: null };
  }
  const closed = (evidence.ports ?? []).filter(({ kind }) => kind === "closed").map(({ port }) => port);
  const [first] = closed;
  if (first === undefined) return null;
  const free = (evidence.ownPorts ?? []).filter((port) => !spec.ports.includes(port));
  const [own, ...others] = free;
  if (own === undefined) {
    const nowhere = evidence.ownPorts === null ? "" : " Its own processes listen nowhere else.";
    const what = `Nothing listens on port ${closed.join(", ")}.`;
    return {
      code: "nothing-listens",
      what,
      proof: `A connection is refused.${nowhere}`,
      write: null,
      where,
      edit: null,
    };
  }
  const remedy = anotherPort(spec, first, own, others.length === 0 && closed.length === 1);
  const proof = `The service's own processes listen on ${free.join(", ")}, not on ${closed.join(", ")}.`;
  return { code: "wrong-port", what: "The port is most likely wrong.", proof, ...remedy };
}
