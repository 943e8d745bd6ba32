import { parseArgs } from "node:util";
import type { HostSpec } from "@afloat/shared/spec";
import { runDaemon } from "./daemon.ts";
import { readJson } from "./state/files.ts";
import { specPathOf } from "./state/paths.ts";

const options = {
  config: { type: "string" },
  state: { type: "string" },
  "on-term": { type: "string", default: "leave" },
} as const;

/** `afloat daemon --config FILE --state DIR`: what `afloat up --daemon` starts, after it has handed over the configuration. */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options });
  const { config: configFile, state: stateDir, "on-term": onTerm } = values;
  if (configFile === undefined || stateDir === undefined) throw new Error("expected --config and --state");
  const spec = handedOver(stateDir);
  if (spec === null) throw new Error(`expected ${specPathOf(stateDir)}: start the agent with afloat up --daemon`);
  const result = await runDaemon({
    spec,
    configFile,
    stateDir,
    foreground: false,
    onTerm: onTerm === "stop" ? "stop" : "leave",
  });
  // Services that run on are still our children: waiting for them would keep this process alive beside the next agent.
  process.exit(result.kind === "ended" ? result.code : 1);
}

/** The configuration, parsed and checked by the command that started us. What this program wrote a moment ago is trusted. */
function handedOver(stateDir: string): HostSpec | null {
  const path = specPathOf(stateDir);
  const known = readJson(path, () => {});
  if (known === undefined) return null;
  const spec: HostSpec = JSON.parse(JSON.stringify(known));
  return { ...spec, profiles: spec.profiles ?? [], services: spec.services.map((each) => ({ ...ABSENT, ...each })) };
}

/** What an older afloat, whose specification is still there after an upgrade, did not know of services. */
const ABSENT = { instance: null, groups: [], profiles: [], process: null, secretFiles: {} };
