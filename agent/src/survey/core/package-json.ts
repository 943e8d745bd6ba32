import { type Found, mention, portSaid, proposal, recordOf, textOf } from "./found.ts";

/** Which manager of packages a folder uses. */
export type Manager = "npm" | "pnpm" | "yarn" | "bun";

const LOCKS: [string, Manager][] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
];

/** Of those that serve, the first that is there: `dev` only where there is nothing better. */
const SERVING = ["start", "serve", "server", "dev"];

/** The scripts of a package.json that stay: the one that serves, and workers. `files` are the names in its folder. */
export function fromPackageJson(text: string, files: ReadonlySet<string>, folder: string): Found {
  const from = "package.json";
  let manifest: Record<string, unknown>;
  try {
    manifest = recordOf(JSON.parse(text));
  } catch {
    return mention(from, "is no JSON; npm could not read it either");
  }
  const scripts = Object.entries(recordOf(manifest["scripts"])).flatMap(([name, script]) => {
    const line = textOf(script);
    return line === null || name.includes("\0") || name.startsWith("-") ? [] : [{ name, line }];
  });
  const manager = managerOf(manifest, files);
  const main = SERVING.flatMap((name) => scripts.find((script) => script.name === name) ?? []).slice(0, 1);
  const workers = scripts.filter(({ name }) => /(^|[:_-])workers?([:_-]|$)/.test(name)).slice(0, 20);
  const services = [...main, ...workers].map(({ name, line }) => {
    const called = main[0]?.name === name ? (textOf(manifest["name"])?.replace(/^@[^/]*\//, "") ?? folder) : name;
    const notes = [`its script: ${line}`];
    if (name === "dev") notes.push("that is for development: a script `start` without watching would be better here");
    return proposal(called, runOf(manager, name), `${from}, script ${name}`, { port: portSaid(line), notes });
  });
  const workspaces = manifest["workspaces"] !== undefined || files.has("pnpm-workspace.yaml");
  const mentions = workspaces ? [{ from, text: "has workspaces: each that serves is a service with its own cwd" }] : [];
  return { services, mentions };
}

function managerOf(manifest: Record<string, unknown>, files: ReadonlySet<string>): Manager {
  const said = /^(npm|pnpm|yarn|bun)@/.exec(textOf(manifest["packageManager"]) ?? "")?.[1];
  const [, locked] = LOCKS.find(([file, manager]) => (said === undefined ? files.has(file) : manager === said)) ?? [];
  return locked ?? "npm";
}

function runOf(manager: Manager, script: string): string | string[] {
  const words = script === "start" && manager !== "bun" ? [manager, script] : [manager, "run", script];
  return /^[\w:.-]+$/.test(script) ? words.join(" ") : words;
}
