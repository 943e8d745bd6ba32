import { type Instance, instancesOf } from "./instances.ts";
import { namesInLine, substitute, type Used, type Variables } from "./variables.ts";

/** A line for the shell that names variables, and whose it is. */
export interface LineNames {
  service: string;
  path: string[];
  line: string;
  names: { name: string; hasDefault: boolean }[];
}

/** One file of YAML as plain values, with its variables put in and its instances made; not checked against the schema yet. */
export interface Resolved {
  tree: unknown;
  /** Values that had variables in them, by `keyOf` their path in the tree. */
  used: Map<string, Used[]>;
  /** Services that were made of one that has `instances`. */
  instances: Map<string, Instance>;
  /** What is wrong, by the path as it is written in the file. */
  faults: { path: string[]; text: string }[];
  lines: LineNames[];
}

/** A path as the key of a map. */
export const keyOf = (path: readonly string[]) => JSON.stringify(path);

/** Names that JavaScript's own objects have: as names of services or variables they would be lost or worse. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(["__proto__", "prototype", "constructor"]);

/**
 * Puts variables into every string value of a file, and makes the instances of its services. Keys are never touched, and what is put in is
 * never read as YAML. A line for the shell is left alone: the shell has the same rules, and knows the service's environment.
 */
export function resolveTree(tree: unknown, variables: Variables): Resolved {
  const resolved: Resolved = { tree: null, used: new Map(), instances: new Map(), faults: [], lines: [] };
  faultyKeys(tree, [], resolved);
  if (!isMap(tree) || !isMap(tree["services"])) {
    resolved.tree = put(tree, { path: [], written: [] }, variables, resolved);
    return resolved;
  }
  const services: [string, unknown][] = [];
  for (const [name, raw] of Object.entries(tree["services"]))
    services.push(...servicesOf(name, raw, variables, resolved));
  for (const { name, of } of resolved.instances.values()) {
    if (!Object.hasOwn(tree["services"], name)) continue;
    const text = `is there already, as an instance of ${of}`;
    resolved.faults.push({ path: ["services", name], text });
  }
  const rest = Object.entries(tree).filter(([key]) => key !== "services");
  const others = rest.map(([key, value]) => [key, put(value, { path: [key], written: [key] }, variables, resolved)]);
  resolved.tree = { ...Object.fromEntries(others), services: Object.fromEntries(services) };
  return resolved;
}

/** The path as it stands in the file, of a path in the tree. */
export function writtenPath({ instances }: Pick<Resolved, "instances">, path: readonly string[]): string[] {
  const [top = "", name = "", ...rest] = path;
  const instance = top === "services" ? instances.get(name) : undefined;
  return instance === undefined ? [...path] : [top, instance.of, ...rest];
}

function servicesOf(name: string, raw: unknown, variables: Variables, resolved: Resolved): [string, unknown][] {
  const written = ["services", name];
  const single = (): [string, unknown][] => [[name, put(raw, { path: written, written }, variables, resolved)]];
  if (!isMap(raw) || raw["instances"] === undefined) return single();
  const { instances: count, port, ports, ...rest } = raw;
  const own = { ...(port !== undefined && { port }), ...(ports !== undefined && { ports }) };
  const head = put({ instances: count, ...own }, { path: written, written }, variables, resolved);
  const made = instancesOf(name, isMap(head) ? head : {});
  if (made === null) return single();
  if ("fault" in made) {
    resolved.faults.push({ path: [...written, "instances"], text: made.fault });
    return [];
  }
  return made.map((instance) => {
    const path = ["services", instance.name];
    resolved.instances.set(instance.name, instance);
    for (const key of ["instances", "port", "ports"]) {
      const used = resolved.used.get(keyOf([...written, key]));
      if (used !== undefined) resolved.used.set(keyOf([...path, key]), used);
    }
    const values = put(rest, { path, written }, withInstance(variables, instance), resolved);
    const ownPort = instance.port === null ? {} : { port: instance.port };
    return [instance.name, { ...(isMap(values) ? values : {}), instances: made.length, ...ownPort }];
  });
}

/** What each instance knows of itself, in the file and in its environment. */
export function instanceVariables({ number, port }: Instance): Record<string, string> {
  return { AFLOAT_INSTANCE: String(number), ...(port === null ? {} : { AFLOAT_PORT: String(port) }) };
}

function withInstance(variables: Variables, instance: Instance): Variables {
  const own = new Map(Object.entries(instanceVariables(instance)));
  return (name) => {
    const value = own.get(name);
    return value === undefined ? variables(name) : { value, from: `instance ${instance.number}` };
  };
}

interface Spot {
  /** In the tree that comes of it, and in the file. */
  path: string[];
  written: string[];
}

function put(value: unknown, spot: Spot, variables: Variables, resolved: Resolved): unknown {
  const within = (key: string): Spot => ({ path: [...spot.path, key], written: [...spot.written, key] });
  if (Array.isArray(value)) return value.map((each, i) => put(each, within(String(i)), variables, resolved));
  if (isMap(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, put(each, within(key), variables, resolved)]),
    );
  }
  if (typeof value !== "string" || !value.includes("${")) return value;
  if (isLine(spot.path)) {
    resolved.lines.push({ service: spot.path[1] ?? "", path: spot.path, line: value, names: namesInLine(value) });
    return value;
  }
  const result = substitute(value, variables);
  if ("fault" in result) {
    resolved.faults.push({ path: spot.written, text: result.fault });
    return value;
  }
  if (result.used.length > 0) resolved.used.set(keyOf(spot.path), result.used);
  return result.text;
}

/** What `/bin/sh -c` is given: the short form of a service, and commands that are a line and no list. */
export function isLine(path: readonly string[]): boolean {
  const [top, , ...rest] = path;
  return top === "services" && path.length > 1 && LINES.has(rest.join("."));
}

const LINES = new Set(["", "command", "health.command", "stop.command"]);

/** Every one is told, wherever it is. */
function faultyKeys(value: unknown, path: string[], resolved: Resolved): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, each] of Object.entries(value)) {
    if (RESERVED_NAMES.has(key))
      resolved.faults.push({ path: [...path, key], text: `\`${key}\` cannot be used as a name` });
    faultyKeys(each, [...path, key], resolved);
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
