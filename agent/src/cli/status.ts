import type { ServiceSnapshot } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { NotAnswering, request } from "../control/client.ts";
import type { ControlAnswer, Status } from "../control/protocol.ts";
import type { Place } from "./place.ts";
import { socketPathOf } from "../state/paths.ts";
import { marked } from "./marks.ts";
import { namedServices } from "./named-services.ts";
import { runbookHint, runbookTopicOf } from "./runbook-hint.ts";

interface StatusOptions {
  watch?: boolean;
  json?: boolean;
}

/** `afloat status`: once, or after every change until Ctrl-C. Throws NotRunning. */
export async function status(place: Place, asked: string[], options: StatusOptions): Promise<number> {
  const first = await fetchStatus(place.stateDir);
  const named = namedServices(
    asked,
    first.services.map(({ name }) => name),
    first.groups,
  );
  if ("fault" in named) {
    console.error(named.fault);
    return 2;
  }
  const services = named.names;
  const only = (whole: Status): Status =>
    services.length === 0
      ? whole
      : { ...whole, services: whole.services.filter(({ name }) => services.includes(name)) };
  if (options.watch !== true) {
    if (options.json === true) console.log(JSON.stringify(only(first)));
    else for (const line of [...statusLines(only(first)), "", linkWords(first.link)]) console.log(line);
    return 0;
  }
  await request(socketPathOf(place.stateDir), { call: "watch" }, (answer) => {
    if (answer.kind === "changed") show(only(answer.status), options.json === true);
    return "more";
  });
  return 0;
}

function show(whole: Status, json: boolean): void {
  if (json) return console.log(JSON.stringify(whole));
  // On a terminal in place; elsewhere one block after the other.
  if (process.stdout.isTTY) process.stdout.write("\u001B[H\u001B[2J");
  for (const line of [...statusLines(whole), "", linkWords(whole.link), ""]) console.log(line);
}

/** The way to the cloud, in a line. */
function linkWords(link: Status["link"]): string {
  const unsent = link.unsent === 0 || link.kind === "none" ? "" : `; ${link.unsent} events not told yet`;
  switch (link.kind) {
    case "none":
      return link.why;
    case "connected":
      return `connected to ${link.cloud}${link.via === "http" ? " by HTTP" : ""}${unsent}`;
    case "connecting":
      return `connecting to ${link.cloud}${link.lastError === null ? "" : `: ${link.lastError}`}${unsent}`;
    case "refused":
      return `not connected to ${link.cloud}: ${link.why}${unsent}`;
  }
}

/** How long an agent that hangs is waited for, milliseconds. */
export const AGENT_MS = 10_000;

/** What the agent says of itself and its services; an agent that hangs is waited for 10 s. Throws NotRunning. */
export async function fetchStatus(stateDir: string): Promise<Status> {
  const signal = AbortSignal.timeout(AGENT_MS);
  let found: Status | null = null;
  let fault = "the agent answered without its status";
  const take = (answer: ControlAnswer) => {
    if (answer.kind === "status") found = answer.status;
    if (answer.kind === "error") fault = answer.message;
    return "last" as const;
  };
  await request(socketPathOf(stateDir), { call: "status" }, take, signal);
  if (found === null && signal.aborted) throw new NotAnswering("the agent does not answer; it seems to hang");
  if (found === null) throw new Error(fault);
  return found;
}

/** The table, 80 columns wide at most, and under it what needs a person. */
export function statusLines(status: Status): string[] {
  const width = Math.max(7, ...status.services.map(({ name }) => Math.min(24, name.length)));
  const rows = status.services.map((service) => rowOf(service, width));
  const trouble = status.services.flatMap(troubleOf);
  const head = `  ${"SERVICE".padEnd(width)}  STATE         PID      UP FOR       RESTARTS`;
  return [head, ...rows, ...(trouble.length > 0 ? ["", ...trouble] : [])];
}

function rowOf(service: ServiceSnapshot, width: number): string {
  const { name, pid, upSinceMs, restarts, loop, verdict } = service;
  const word = loop === null ? verdict : "restart loop";
  const up = upSinceMs === null ? "–" : durationWords(Date.now() - upSinceMs);
  const cells = [
    name.slice(0, 24).padEnd(width),
    word.padEnd(12),
    String(pid ?? "–").padEnd(7),
    up.padEnd(11),
    String(restarts),
  ];
  return marked(service, cells.join("  "));
}

function troubleOf(service: ServiceSnapshot): string[] {
  const { name, verdict, reason, loop, diagnosis } = service;
  if (verdict === "healthy" && loop === null) return [];
  const lines = [`${name}: ${reason}`];
  if (loop !== null)
    lines.push(`  restart loop: ${loop.restarts} restarts in ${durationWords(loop.spanMs)}, ${loop.cause.text}`);
  if (diagnosis !== null) {
    lines.push(`  ${diagnosis.what} ${diagnosis.proof}`);
    if (diagnosis.write !== null) lines.push(`  Write \`${diagnosis.write}\` in ${diagnosis.where ?? "afloat.yaml"}.`);
  }
  const topic = runbookTopicOf(service);
  if (topic !== null) lines.push(`  ${runbookHint(topic)}`);
  return lines;
}
