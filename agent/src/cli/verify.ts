import { durationWords, parseDuration } from "@afloat/shared/core/duration";
import type { ServiceSpec } from "@afloat/shared/spec";
import { loadConfig } from "../config/load.ts";
import { messageOf } from "../error-words.ts";
import { callEndpoints } from "../verify/call-endpoints.ts";
import { findingsOf } from "../verify/core/findings.ts";
import { Watch } from "../verify/core/watch.ts";
import { followHost } from "../verify/follow-host.ts";
import { followLogs } from "../verify/follow-logs.ts";
import { type Report, reportJson, reportLines } from "../verify/report.ts";
import type { Place } from "./place.ts";
import { fetchStatus } from "./fetch-status.ts";

export interface VerifyOptions {
  watch: string;
  allowDegraded?: boolean;
  failOnLog?: string;
  json?: boolean;
  quiet?: boolean;
}

/** How often logs are looked at, and the progress is told, milliseconds. */
const LOOK_MS = 250;

/** `afloat verify`: everything up, every endpoint called, logs and restarts watched. Exit code 0 only where nothing was found. */
export async function verify(place: Place, options: VerifyOptions): Promise<number> {
  const watchMs = parseDuration(options.watch);
  if (watchMs === null) {
    console.error(`expected --watch as a duration like 500ms, 10s, 5m or 1h, got ${options.watch}`);
    return 2;
  }
  const refused = refusedOf(options.failOnLog);
  if (refused !== null && "fault" in refused) {
    console.error(refused.fault);
    return 2;
  }
  const specs = loadConfig(place.configFile).services;
  const watch = new Watch(refused);
  const status = await fetchStatus(place.stateDir);
  watch.status(status.agent.pid, status.services, Date.now());
  const report = await watchHost(place, specs, watch, { watchMs, options });
  if (options.json === true) console.log(JSON.stringify(reportJson(report)));
  else if (options.quiet !== true) for (const line of reportLines(report)) console.log(line);
  return report.ok && report.complete ? 0 : 1;
}

function refusedOf(pattern: string | undefined): RegExp | null | { fault: string } {
  if (pattern === undefined) return null;
  try {
    return new RegExp(pattern, "u");
  } catch (error) {
    return { fault: `expected --fail-on-log to be a regular expression: ${messageOf(error)}` };
  }
}

async function watchHost(
  place: Place,
  specs: readonly ServiceSpec[],
  watch: Watch,
  { watchMs, options }: { watchMs: number; options: VerifyOptions },
): Promise<Report> {
  const over = new AbortController();
  let complete = true;
  const breakOff = () => {
    complete = false;
    over.abort();
  };
  process.once("SIGINT", breakOff);
  process.once("SIGTERM", breakOff);
  const startedMs = performance.now();
  const logs = followLogs(place.stateDir, [...watch.services.keys()], watch);
  const progress = showProgress(watch, startedMs + watchMs, options.json === true || options.quiet === true);
  const looking = setInterval(() => {
    logs.look();
    progress.tell();
  }, LOOK_MS);
  const ending = setTimeout(() => over.abort(), watchMs);
  const following = followHost(place.stateDir, watch, over.signal);
  await callEndpoints(specs, watch, "beginning", over.signal);
  await following;
  clearTimeout(ending);
  clearInterval(looking);
  if (complete) await lookOnce(place, specs, watch);
  logs.look();
  progress.end();
  process.removeListener("SIGINT", breakOff);
  process.removeListener("SIGTERM", breakOff);
  const { findings, notes } = findingsOf(watch);
  const ok = findings.every(({ level }) => level === "warning" && options.allowDegraded === true);
  return { ok, complete, watchedMs: performance.now() - startedMs, watch, findings, notes, faults: logs.faults() };
}

/** The end: how it is now, and every endpoint once more. */
async function lookOnce(place: Place, specs: readonly ServiceSpec[], watch: Watch): Promise<void> {
  await callEndpoints(specs, watch, "end", new AbortController().signal);
  try {
    const { agent, services } = await fetchStatus(place.stateDir);
    watch.status(agent.pid, services, Date.now());
  } catch {
    // An agent that does not answer is a finding, not a fault of this command.
    watch.agentGone();
  }
}

/** How long still, and what was seen so far: on a terminal, and there only. */
function showProgress(watch: Watch, endMs: number, quiet: boolean) {
  const shown = process.stderr.isTTY && !quiet;
  let written = "";
  const tell = () => {
    const services = [...watch.services.values()];
    const restarts = services.reduce((sum, each) => sum + each.restarts, 0);
    const errors = services.reduce((sum, each) => sum + each.errorLike.count + each.refused.count, 0);
    const leftMs = Math.max(0, Math.ceil((endMs - performance.now()) / 1000) * 1000);
    const text = `watching for ${durationWords(leftMs)} more: ${services.length} services, ${restarts} restarts, ${errors} lines like errors`;
    if (text === written) return;
    written = text;
    process.stderr.write(`\r\u001B[2K${text}`);
  };
  return {
    tell: shown ? tell : () => {},
    end: shown ? () => process.stderr.write("\r\u001B[2K") : () => {},
  };
}
