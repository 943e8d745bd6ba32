import type { EndpointSpec, ServiceSpec } from "@afloat/shared/spec";

/** A change of one value of afloat.yaml, by its path from the top: `["services", "web", "health", "timeout"]`. */
export interface Edit {
  path: string[];
  value: Value;
}

export type Value = string | number | Record<string, string | boolean>;

/** What cures it: the line as a person writes it, where it stands, and the same for a machine where it is certain. */
export interface Remedy {
  write: string;
  where: string;
  edit: Edit | null;
}

interface Written {
  spec: ServiceSpec;
  endpoint: EndpointSpec;
}

/** Another address: a path where a path on the service's port will do, else whole. `certain`: it may be written by a machine. */
export function anotherAddress({ spec, endpoint }: Written, url: string, certain: boolean): Remedy {
  const value = addressWritten(endpoint, url);
  const long = isLong(endpoint);
  const path = ["services", spec.name, "health", ...(long ? [keyOf(endpoint)] : [])];
  return {
    write: `${keyOf(endpoint)}: ${scalar(value)}`,
    where: endpoint.where,
    edit: certain ? { path, value } : null,
  };
}

/** Another value of a setting of the endpoint, beside those that are there. */
export function anotherSetting({ spec, endpoint }: Written, key: string, value: Value, certain: boolean): Remedy {
  const edit = certain ? { path: ["services", spec.name, "health", key], value } : null;
  if (isLong(endpoint)) {
    return { write: `${key}: ${yamlOf(value)}`, where: spec.wheres?.[`health.${key}`] ?? endpoint.where, edit };
  }
  const address = endpoint.written.slice("health: ".length);
  return { write: `health: { http: ${scalar(address)}, ${key}: ${yamlOf(value)} }`, where: endpoint.where, edit };
}

/** Another port of the service, in the place of one that is configured. */
export function anotherPort(spec: ServiceSpec, from: number, to: number, certain: boolean): Remedy {
  const list = spec.wheres?.["ports"];
  const where = list ?? spec.wheres?.["port"] ?? spec.where;
  if (list === undefined) {
    const edit = certain ? { path: ["services", spec.name, "port"], value: to } : null;
    return { write: `port: ${to}`, where, edit };
  }
  const index = spec.ports.indexOf(from);
  const ports = spec.ports.map((port) => (port === from ? to : port));
  const edit = certain && index >= 0 ? { path: ["services", spec.name, "ports", String(index)], value: to } : null;
  return { write: `ports: [${ports.join(", ")}]`, where, edit };
}

/** The key that the address stands behind: `health` in the short form, `http` or `grpc` in the long one. */
const keyOf = ({ written }: EndpointSpec) => written.slice(0, written.indexOf(":"));

const isLong = (endpoint: EndpointSpec) => keyOf(endpoint) !== "health";

/** A value as YAML in one line. */
export function yamlOf(value: Value): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return scalar(value);
  return `{ ${Object.entries(value)
    .map(([key, each]) => `${key}: ${typeof each === "boolean" ? each : scalar(each)}`)
    .join(", ")} }`;
}

/** Bare where that is safe in a block and between brackets. */
export function scalar(value: string): string {
  return /^[\w/.-][^\s#[\]{},]*$/.test(value) && !value.endsWith(":") ? value : JSON.stringify(value);
}

/** A path stays a path while the service's own port is meant. */
function addressWritten(endpoint: EndpointSpec, url: string): string {
  if (endpoint.kind === "command") return url;
  const before = endpoint.written.slice(endpoint.written.indexOf(":") + 2);
  const now = new URL(url);
  if (before.startsWith("/") && now.origin === new URL(endpoint.url).origin) return `${now.pathname}${now.search}`;
  return endpoint.kind === "grpc" ? url.replace(/^http/, "grpc") : url;
}
