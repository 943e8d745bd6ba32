import { keyOf, writtenPath } from "@afloat/shared/config/resolve";
import { lineIn } from "./environment.ts";
import type { ReadFile } from "./files.ts";
import { fileOf, type Loaded } from "./load.ts";

/** Where a value of what is in force comes from: a line of a file, with the variables in it, an env_file, or nowhere: a default. */
export function originOf(loaded: Loaded, keys: readonly string[]): string {
  const [top = "", service = "", ...rest] = keys;
  const file = top === "services" ? fileOf(loaded.files, service) : loaded.files[0];
  if (file === undefined) return DEFAULT;
  if (top === "services" && rest[0] === "env" && rest.length > 1)
    return envOrigin(loaded, file, service, rest[1] ?? "");
  for (const path of spellings(keys)) if (isThere(file.resolved.tree, path)) return placeOf(file, path);
  return DEFAULT;
}

const DEFAULT = "default";

/** The ways in which the same may be written, the nearest first. */
function spellings(keys: readonly string[]): string[][] {
  const [top = "", service = "", ...rest] = keys;
  const own = (...path: string[]) => [top, service, ...path];
  const long = [...keys];
  switch (rest.join(".")) {
    case "command":
      return [long, own()].filter((path) => path !== undefined);
    case "health.http":
      return [long, own("health")];
    case "restart_at.cron":
      return [long, own("restart_at")];
    case "restart_on_change.paths":
      return [long, own("restart_on_change")];
    case "port":
      return [long, own("ports")];
    case "ports":
      return [long, own("port")];
  }
  return rest[0] === "depends_on" ? [long, own("depends_on")] : [long];
}

/** A short form stands for what it is short for, and a map for nothing that it does not name. */
function isThere(tree: unknown, path: readonly string[]): boolean {
  let node: unknown = tree;
  for (const key of path) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return false;
    node = Reflect.get(node, key);
  }
  return typeof node !== "object" || Array.isArray(node) || path.at(-1) === "depends_on" || path.length > 3;
}

function placeOf({ source, resolved }: ReadFile, path: readonly string[]): string {
  const used = resolved.used.get(keyOf(path)) ?? [];
  const variables = [...new Set(used.map(({ name, from }) => `\${${name}} from ${from}`))];
  const instance = resolved.instances.get(path[1] ?? "");
  const isCounted = instance !== undefined && path[2] === "port";
  const written = writtenPath(resolved, path);
  const place = isCounted && !source.has(written) ? [...written.slice(0, -1), "ports"] : written;
  return [source.whereOf(place), ...variables, ...(isCounted ? [`instance ${instance.number}`] : [])].join(", ");
}

function envOrigin({ envFiles }: Loaded, file: ReadFile, service: string, name: string): string {
  const path = ["services", service, "env", name];
  const instance = file.resolved.instances.get(service);
  if (instance !== undefined && (name === "AFLOAT_INSTANCE" || name === "AFLOAT_PORT"))
    return `instance ${instance.number} of ${instance.of}`;
  const own = file.source.has(writtenPath(file.resolved, path));
  if (own) return placeOf(file, path);
  const envFile = envFiles.get(service)?.findLast(({ values }) => values.has(name));
  if (envFile !== undefined) return lineIn(envFile, name);
  const worth = file.variables.ofFiles(name);
  return worth === null ? DEFAULT : `${worth.from}, for its command line`;
}
