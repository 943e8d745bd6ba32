import { statSync } from "node:fs";
import { sizeWords } from "@afloat/shared/core/size";
import type { ServiceSpec } from "@afloat/shared/spec";
import { NotRunning } from "../control/client.ts";
import type { Explained } from "../control/protocol.ts";
import { logPlaceOf } from "../logs/ledger.ts";
import { listPieces } from "../logs/pieces.ts";
import { treeOf, statOf, wordsOf } from "../process/proc.ts";
import { redactWords } from "../redact.ts";
import { configuredParts } from "./core/configured.ts";
import { cutTo, oneLine } from "./core/text-width.ts";
import { eventLines } from "./event-lines.ts";
import { explanationLines, fetchExplained, labelled } from "./explain.ts";
import { lastEvents } from "./history.ts";
import { oneService } from "./one-service.ts";
import type { Place } from "./place.ts";
import { runbookTopicOf } from "./runbook-hint.ts";
import { localTime } from "./when.ts";

/** Events that are shown of it. */
const EVENTS = 10;
/** What stands before each line, columns. */
const INDENT = 2;

/** `afloat describe web`: everything that is known of one service, with or without an agent. Throws ConfigError. */
export async function describe(place: Place, asked: string, options: { json?: boolean }): Promise<number> {
  const one = oneService(place, asked);
  if ("fault" in one) {
    console.error(one.fault);
    return 2;
  }
  const { spec } = one;
  const explained = await explainedOf(place, spec.name);
  const found: Description = {
    spec,
    explained,
    processes: explained === null ? [] : processesOf(explained.snapshot.pid),
    logs: logsOf(place.stateDir, spec.name),
    nextPlannedMs: await nextPlannedMs(spec),
    events: lastEvents(place.stateDir, spec.name, EVENTS),
  };
  if (options.json === true) printJson(found);
  else console.log(linesOf(found).join("\n"));
  return 0;
}

interface Description {
  spec: ServiceSpec;
  /** Null where no agent runs, or the one that does has it not yet. */
  explained: Explained | null;
  processes: { pid: number; depth: number; words: string }[];
  logs: { path: string; bytes: number }[];
  nextPlannedMs: number | null;
  events: ReturnType<typeof lastEvents>;
}

async function explainedOf(place: Place, name: string): Promise<Explained | null> {
  try {
    return (await fetchExplained(place.stateDir, [name]))[0] ?? null;
  } catch (error) {
    if (error instanceof NotRunning) return null;
    throw error;
  }
}

/** A process and what it started, each after its parent. */
function processesOf(pid: number | null): Description["processes"] {
  if (pid === null) return [];
  const parents = new Map(treeOf(pid).map((each) => [each, statOf(each)?.parent ?? 0]));
  const below = (parent: number, depth: number): Description["processes"] => {
    const words = redactWords(wordsOf(parent)) || (statOf(parent)?.name ?? "it has just ended");
    const children = [...parents].filter(([each, its]) => its === parent && each !== parent).map(([each]) => each);
    return [{ pid: parent, depth, words }, ...children.flatMap((child) => below(child, depth + 1))];
  };
  return below(pid, 0);
}

function logsOf(stateDir: string, name: string): Description["logs"] {
  const { live, dir } = logPlaceOf(stateDir, name);
  return [live, ...listPieces(dir).map(({ path }) => path)].flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    // A live file begins with a hole where its beginning was put behind: what counts is the room it takes.
    return stat === undefined ? [] : [{ path, bytes: Math.min(stat.size, stat.blocks * 512) }];
  });
}

async function nextPlannedMs({ schedule }: ServiceSpec): Promise<number | null> {
  if (schedule === null) return null;
  const { Cron } = await import("croner");
  const options = { mode: "5-part" as const, ...(schedule.timezone === null ? {} : { timezone: schedule.timezone }) };
  return new Cron(schedule.cron, options).nextRun()?.getTime() ?? null;
}

function linesOf({ spec, explained, processes, logs, nextPlannedMs, events }: Description): string[] {
  const head = explained === null ? [`  ${spec.name}: no agent runs that has it`, ""] : explanationLines(explained);
  const columns = process.stdout.isTTY ? process.stdout.columns - INDENT : null;
  const nowMs = Date.now();
  const [live, ...pieces] = logs;
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  return [
    ...head,
    ...processes.map((each, i) => processLine(i === 0 ? "Processes" : "", each, columns ?? Number.POSITIVE_INFINITY)),
    ...(explained === null ? [] : [""]),
    ...configuredParts(spec).flatMap(([label, texts]) => labelled(label, texts.map(oneLine))),
    ...labelled("Next planned", nextPlannedMs === null ? [] : [localTime(nextPlannedMs)]),
    ...labelled("Output", live === undefined ? [] : [`${live.path} (${sizeWords(live.bytes)})`]),
    ...labelled("", pieces.length === 0 ? [] : [`${pieces.length} older pieces beside it (${sizeWords(bytes)})`]),
    ...(events.length === 0 ? [] : ["", "  Last events"]),
    ...events.flatMap((event) => eventLines(event, { nameColumns: 0, columns, nowMs })).map((line) => `  ${line}`),
  ];
}

function processLine(label: string, { pid, depth, words }: Description["processes"][number], columns: number): string {
  const [before = ""] = labelled(label, [""]);
  return cutTo(`${before}${"  ".repeat(depth)}${pid} ${oneLine(words)}`, columns);
}

/** What is in the environment is `afloat env`'s to show: only its names are here. */
function printJson({ spec, explained, processes, logs, nextPlannedMs, events }: Description): void {
  const topic = explained === null ? null : runbookTopicOf(explained.snapshot);
  const told = events.map(({ atMs, kind, text }) => ({ at: new Date(atMs).toISOString(), kind, text }));
  const configured = { ...spec, env: Object.keys(spec.env) };
  const known = { snapshot: explained?.snapshot ?? null, explanation: explained?.explanation ?? null, runbook: topic };
  console.log(
    JSON.stringify({ service: spec.name, configured, ...known, processes, logs, nextPlannedMs, events: told }),
  );
}
