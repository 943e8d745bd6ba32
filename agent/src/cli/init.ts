import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Place } from "./place.ts";

interface InitOptions {
  force?: boolean;
  schema?: boolean;
}

/** `afloat init`: a first afloat.yaml from what the folder says of itself, to be read and changed by a person. */
export async function init(place: Place, options: InitOptions): Promise<number> {
  if (options.schema === true) {
    const { default: schema } = await import("@afloat/shared/afloat.schema.json", { with: { type: "json" } });
    console.log(JSON.stringify(schema, null, 2));
    return 0;
  }
  const { configFile } = place;
  if (existsSync(configFile) && options.force !== true) {
    console.error(`${configFile} is there already; to write it anew: afloat init --force`);
    return 1;
  }
  const found = findServices(dirname(configFile));
  writeFileSync(configFile, configOf(found));
  const names = found.map(({ name, from }) => `${name} (from ${from})`).join(", ");
  console.log(`${configFile} is written${found.length === 0 ? "" : ` with ${names}`}`);
  console.log("Next: read it, add ports and health endpoints, then: afloat up, and in another terminal: afloat check");
  return 0;
}

interface Found {
  name: string;
  command: string;
  from: string;
}

/** Services that a Procfile or a package.json names. */
function findServices(dir: string): Found[] {
  const procfile = read(join(dir, "Procfile"));
  if (procfile !== null) {
    return procfile.split("\n").flatMap((line) => {
      const [, name, command] = /^([A-Za-z0-9][\w.-]*):\s*(.+)$/.exec(line.trim()) ?? [];
      return name === undefined || command === undefined ? [] : [{ name, command, from: "Procfile" }];
    });
  }
  const script = ["start", "dev", "serve"].find((name) => name in scriptsOf(dir));
  if (script === undefined) return [];
  const name =
    basename(dir)
      .replaceAll(/[^A-Za-z0-9._-]/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "") || "app";
  return [{ name, command: `npm run ${script}`, from: "package.json" }];
}

function scriptsOf(dir: string): object {
  try {
    const manifest: unknown = JSON.parse(read(join(dir, "package.json")) ?? "{}");
    const scripts: unknown =
      typeof manifest === "object" && manifest !== null ? Reflect.get(manifest, "scripts") : null;
    return typeof scripts === "object" && scripts !== null ? scripts : {};
  } catch {
    // Not ours to judge: a file that npm cannot read either has no scripts for us.
    return {};
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It need not be there.
    return null;
  }
}

function configOf(found: readonly Found[]): string {
  const services = found.map(({ name, command }) => `  ${name}:\n    command: ${JSON.stringify(command)}\n${HINTS}`);
  return `${HEAD}${found.length === 0 ? `services: {}\n${EXAMPLE}` : `services:\n${services.join("\n")}`}`;
}

const HEAD = `# What runs on this host. All that may be written here: afloat init --schema
# After a change: afloat down && afloat up --daemon

# cloud: https://afloat.example.com   # status page, dashboard, alerts; then: afloat enroll
# remote: [restart]                   # what may be asked from there; off for none

`;

const HINTS = `    # port: 3000            # it should listen here: open keeps it alive
    # health: /health       # asked every 10 s; until it has answered once, it never restarts anything
    # depends_on: { other: healthy }
`;

const EXAMPLE = `#  my-backend:
#    command: node server.js
#    cwd: ./backend
#    env: { PORT: "5001" }
#    port: 5001              # it should listen here: open keeps it alive
#    health: /health         # asked every 10 s; until it has answered once, it never restarts anything
`;
