import { spawn, type StdioOptions } from "node:child_process";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { giveWayToInit, isMainOfContainer } from "../init.ts";
import { MARK } from "../process/mark.ts";
import type { OnTerm } from "../signals.ts";
import type { TellOptions } from "./ask.ts";
import { readHost } from "../config/load.ts";
import { tellWarnings } from "../config/surroundings.ts";
import type { Place } from "./place.ts";
import { writeJson } from "../state/files.ts";
import { holderOfState } from "../state/lock.ts";
import { specPathOf } from "../state/paths.ts";
import { fetchStatus } from "./fetch-status.ts";
import { statusLines } from "./status-sheet.ts";

/** How long `--daemon` waits for every service to be up, milliseconds. */
const WAIT_MS = 60_000;

export interface UpOptions extends TellOptions {
  daemon?: boolean;
  prepare?: boolean;
  onTerm?: OnTerm;
}

/** `afloat up`: the agent in this terminal, or in the background. */
export async function up(place: Place, options: UpOptions): Promise<number> {
  const advice = options.daemon === true || options.prepare === true ? null : giveWayToInit();
  if (advice !== null) console.error(advice);
  const loaded = readHost(place.configFile);
  tellWarnings(loaded);
  const { spec } = loaded;
  if (options.prepare === true) {
    writeJson(specPathOf(place.stateDir), spec);
    return 0;
  }
  const holder = holderOfState(place.stateDir);
  if (holder !== null) return alreadyRuns(holder.pid);
  if (options.daemon === true) {
    writeJson(specPathOf(place.stateDir), spec);
    return upInBackground(place, options.onTerm ?? "leave", options);
  }
  const onTerm = options.onTerm ?? (isMainOfContainer() ? "stop" : "leave");
  const { runDaemon } = await import("../daemon.ts");
  const result = await runDaemon({ spec, ...place, foreground: true, onTerm });
  if (result.kind === "held") return alreadyRuns(result.pid);
  // Services that run on are still our children: waiting for them would keep this process alive beside the next agent.
  process.exit(result.code);
}

function alreadyRuns(pid: number): number {
  console.error(`an agent already runs here as pid ${pid}; see it with: afloat status`);
  return 1;
}

async function upInBackground(place: Place, onTerm: OnTerm, { json, quiet }: TellOptions): Promise<number> {
  const script = process.argv[1] ?? "";
  const args = ["daemon", "--config", place.configFile, "--state", place.stateDir, "--on-term", onTerm];
  // The daemon is nobody's process, also where the service of another agent calls this.
  // The fourth would be the lifeline of that service.
  const stdio: StdioOptions = ["ignore", "ignore", "ignore", "ignore"];
  const { [MARK]: _, AFLOAT_SERVICE: __, ...env } = process.env;
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    detached: true,
    stdio,
    env,
  });
  child.unref();
  for (const endMs = Date.now() + WAIT_MS; Date.now() < endMs && child.exitCode === null;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const status = await fetchStatus(place.stateDir).catch(() => null);
    if (status === null) continue;
    const pending = status.services.filter(isPending);
    if (pending.length > 0) continue;
    if (json === true) console.log(JSON.stringify(status));
    else if (quiet !== true) for (const line of statusLines(status)) console.log(line);
    return status.services.some(({ verdict }) => verdict === "down" || verdict === "unhealthy") ? 1 : 0;
  }
  console.error(
    child.exitCode !== null
      ? `the agent ended; its log: ${place.stateDir}/agent.log`
      : "not everything is up after 60 s; see: afloat status",
  );
  return 1;
}

/** Not begun yet, on its way, or waiting for another. */
const isPending = ({ state, verdict }: ServiceSnapshot) =>
  state === "off" || verdict === "starting" || verdict === "waiting";
