import { typedScalar } from "./variables.ts";

/** One of several services that are written once. */
export interface Instance {
  /** `web-2`. */
  name: string;
  /** The service as it is written: `web`. */
  of: string;
  /** From 1. */
  number: number;
  /** Its own, or null where the service has none. */
  port: number | null;
}

/** So many of one service at most: a mistake in a number is no thousand processes. */
export const INSTANCES_LIMIT = 100;

/**
 * The instances of a service, `web-1` and on: with `port: 5001` each has the next one, with `port: 5001-5003` or a list of `ports`
 * each has its own. Null where the values are no such thing, which the schema tells; `fault` where they do not fit each other.
 */
export function instancesOf(of: string, raw: Record<string, unknown>): Instance[] | { fault: string } | null {
  const count = numberIn(raw["instances"]);
  if (count === null || count < 1 || count > INSTANCES_LIMIT) return null;
  if (raw["port"] !== undefined && raw["ports"] !== undefined)
    return { fault: "has port and ports; for several instances write one of them" };
  const ports = portsOf(raw, count);
  if (ports === null) return null;
  if ((raw["port"] ?? raw["ports"]) !== undefined && ports.length !== count)
    return { fault: `expected ${count} ports, one for each instance, got ${ports.length}` };
  if (ports.some((port) => port > 65_535)) return { fault: "its last instances have ports above 65535" };
  return Array.from({ length: count }, (_, i) => ({
    name: `${of}-${i + 1}`,
    of,
    number: i + 1,
    port: ports[i] ?? null,
  }));
}

/** A range of ports as it is written: `5001-5003`. */
export const PORT_RANGE = /^(\d{1,5})-(\d{1,5})$/;

function portsOf(raw: Record<string, unknown>, count: number): number[] | null {
  const { port, ports } = raw;
  if (Array.isArray(ports)) {
    const numbers = ports.map(numberIn);
    return numbers.includes(null) ? null : numbers.filter((each) => each !== null);
  }
  if (ports !== undefined) return null;
  if (port === undefined) return [];
  const [, from, to] = (typeof port === "string" ? PORT_RANGE.exec(port) : null) ?? [];
  const first = from === undefined ? numberIn(port) : Number(from);
  if (first === null || first < 1) return null;
  const length = to === undefined ? count : Math.max(0, Number(to) - first + 1);
  return Array.from({ length }, (_, i) => first + i);
}

function numberIn(value: unknown): number | null {
  const typed = typeof value === "string" ? typedScalar(value) : value;
  return typeof typed === "number" && Number.isInteger(typed) ? typed : null;
}
