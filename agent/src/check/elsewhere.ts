import type { Diagnosis } from "@afloat/shared/domain";
import { type HttpCase, lineWith, tryWith } from "./http-case.ts";

/** How many of a service's other ports are tried. */
const PORTS_LIMIT = 10;

/** Nobody takes the call: is it the other family of addresses, or another port of the service's own? */
export async function whereElse(at: HttpCase, came: string): Promise<Diagnosis> {
  const url = new URL(at.endpoint.url);
  if (at.endpoint.socket !== null) return at.say("unclear", "Nothing listens on the Unix socket.", came);
  const other = OTHER_FAMILY[url.hostname];
  if (other !== undefined && (await tryWith(at, { url: moved(url, { hostname: other }) })).kind === "ok") {
    const proof = `Port ${url.port} answers on ${other}, not on ${url.hostname}.`;
    const write = lineWith(at, moved(url, { hostname: "localhost" }));
    return at.say("wrong-family", "It listens on the other family of addresses.", proof, write);
  }
  const ports = (at.ownPorts ?? []).filter((port) => port !== Number(url.port)).slice(0, PORTS_LIMIT);
  const [first] = ports;
  if (first === undefined) return at.say("unclear", "Nothing listens where the endpoint is expected.", came);
  const answering = await firstThatAnswers(at, url, ports);
  const proof = `The service's own processes listen on ${ports.join(", ")}, not on ${url.port}${answering === null ? "" : `; ${answering} answers`}.`;
  const write = lineWith(at, moved(url, { port: String(answering ?? first) }));
  return at.say("wrong-port", "The port is most likely wrong.", proof, write);
}

/** `localhost` is tried on both by every probe; an address is taken at its word. */
const OTHER_FAMILY: Record<string, string> = { "127.0.0.1": "[::1]", "[::1]": "127.0.0.1" };

async function firstThatAnswers(at: HttpCase, url: URL, ports: readonly number[]): Promise<number | null> {
  for (const port of ports) {
    const result = await tryWith(at, { url: moved(url, { port: String(port) }) });
    if (result.kind === "ok") return port;
  }
  return null;
}

function moved(url: URL, change: { hostname?: string; port?: string }): string {
  return Object.assign(new URL(url), change).href;
}
