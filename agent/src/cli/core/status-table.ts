import { durationWords } from "@afloat/shared/core/duration";
import { cpuWords, memoryWords } from "@afloat/shared/core/measure-words";
import type { Exit, ServiceSnapshot } from "@afloat/shared/domain";
import type { MeasuredService } from "../../control/protocol.ts";
import { runbookHint, runbookTopicOf } from "../runbook-hint.ts";
import { wrapped } from "../wrapped.ts";
import { type Column, layOut } from "./columns.ts";
import { oneLine } from "./text-width.ts";

/** A service at one moment. */
interface Row {
  service: MeasuredService;
  nowMs: number;
}

/** What `afloat status` tells of each service; the wider the terminal, the more of it. */
const COLUMNS: readonly Column<Row>[] = [
  { head: "SERVICE", priority: 0, least: 24, textOf: ({ service }) => service.name },
  { head: "STATE", priority: 0, usual: 12, textOf: ({ service }) => stateWord(service) },
  { head: "PID", priority: 3, usual: 7, textOf: ({ service }) => String(service.pid ?? "") },
  { head: "UP FOR", priority: 1, usual: 11, textOf: upWords },
  { head: "RESTARTS", priority: 2, textOf: ({ service }) => String(service.restarts) },
  // Never empty, so that the columns stay where they are from the first look on.
  { head: "CPU", priority: 4, usual: 6, right: true, textOf: ({ service }) => cpuWords(service.measures?.cpu ?? null) },
  { head: "MEM", priority: 4, usual: 7, right: true, textOf: memoryText },
  { head: "PORT", priority: 6, textOf: ({ service }) => String(service.port ?? "") },
  { head: "ENDPOINT", priority: 8, least: 16, textOf: ({ service }) => service.endpoint?.what ?? "" },
  { head: "ANSWER", priority: 7, usual: 13, least: 13, textOf: answerWords },
  { head: "LAST EXIT", priority: 9, least: 22, textOf: lastExitWords },
  { head: "REASON", priority: 5, least: 30, textOf: ({ service }) => service.reason },
];

/** Columns that the mark takes before each row. */
const MARK_COLUMNS = 2;
/** Sentences are not wider than this, columns: longer lines are hard to read. */
const SENTENCE_COLUMNS = 120;

/** The table's head and its rows, without their marks, for a terminal of so many columns. */
export function statusTable(services: readonly MeasuredService[], nowMs: number, columns: number): string[] {
  const rows = services.map((service) => ({ service, nowMs }));
  return layOut(COLUMNS, rows, columns - MARK_COLUMNS);
}

/** What needs a person, in words; wrapped where a terminal of so many columns shows it, and as it is for null. */
export function troubleLines(services: readonly ServiceSnapshot[], columns: number | null): string[] {
  const width = columns === null ? Number.POSITIVE_INFINITY : Math.min(columns, SENTENCE_COLUMNS);
  return services.flatMap(troubleOf).flatMap((line) => {
    const [, indent = "", text = ""] = /^(\s*)(.*)$/.exec(oneLine(line)) ?? [];
    const [first = "", ...rest] = wrapped(text, 2, width);
    return [`${indent}${first}`, ...rest.map((each) => `  ${each}`)];
  });
}

function stateWord({ loop, verdict }: ServiceSnapshot): string {
  return loop === null ? verdict : "restart loop";
}

function upWords({ service, nowMs }: Row): string {
  return service.upSinceMs === null ? "" : durationWords(nowMs - service.upSinceMs);
}

function memoryText({ service: { measures } }: Row): string {
  return memoryWords(measures?.memoryBytes ?? null);
}

/** `200 in 3 ms`, `timed out after 2 s`. */
function answerWords({ service: { endpoint } }: Row): string {
  if (endpoint === null || endpoint.last === null) return "";
  const isNumber = /^\d+$/.test(endpoint.last);
  return isNumber && endpoint.lastMs !== null
    ? `${endpoint.last} in ${durationWords(Math.max(1, endpoint.lastMs))}`
    : endpoint.last;
}

/** `code 3, 12 min ago`. */
function lastExitWords({ service: { lastExit }, nowMs }: Row): string {
  if (lastExit === null) return "";
  const [number = "", unit = ""] = durationWords(nowMs - lastExit.atMs).split(" ");
  return `${shortExit(lastExit)}, ${number} ${unit} ago`;
}

/** How a process ended: `code 3`, `SIGKILL`, `SIGKILL (out of memory)`, `unknown`. */
function shortExit({ code, signal, outOfMemory }: Exit): string {
  const how = signal ?? (code === null ? "unknown" : `code ${code}`);
  return outOfMemory === true ? `${how} (out of memory)` : how;
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
