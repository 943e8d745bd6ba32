import { durationWords } from "@afloat/shared/core/duration";
import { marked } from "../cli/marks.ts";
import { runbookHint } from "../cli/runbook-hint.ts";
import { wrapped } from "../cli/wrapped.ts";
import type { Finding, Note } from "./core/findings.ts";
import type { Watch, WatchedService } from "./core/watch.ts";

/** All that is reported of a watch. */
export interface Report {
  ok: boolean;
  /** False where it was broken off. */
  complete: boolean;
  watchedMs: number;
  watch: Watch;
  findings: Finding[];
  notes: Note[];
  /** Logs that could not be read, in words. */
  faults: string[];
}

/** For machines; fields are added, never renamed. */
export function reportJson({ ok, complete, watchedMs, watch, findings, notes, faults }: Report) {
  const watched = [...watch.services.values()].map(
    ({ name, last, restarts, slowestMs, written, errorLike, calls }) => ({
      ...{ service: name, verdict: last.verdict, reasonCode: last.reasonCode, loop: last.loop !== null },
      ...{ restarts, slowestMs, lines: written, errorLike: errorLike.count, calls },
    }),
  );
  const head = { ok, complete, watchedMs: Math.round(watchedMs), services: watched.length };
  return { ...head, watched, findings, notes, faults };
}

/** For a person: a table, findings, notes, and one sentence. 80 columns wide. */
export function reportLines(report: Report): string[] {
  const { watch, findings, notes, faults } = report;
  const services = [...watch.services.values()];
  const width = Math.max(7, ...services.map(({ name }) => Math.min(24, name.length)));
  return [
    `  ${"SERVICE".padEnd(width)}  VERDICT       RESTARTS  SLOWEST ANSWER  LINES WRITTEN`,
    ...services.map((service) => rowOf(service, width)),
    "",
    ...findings.flatMap(findingLines),
    ...notes.flatMap(noteLines),
    ...faults.flatMap((fault) => wrapped(`Note: ${fault}`, 0)),
    ...wrapped(sentenceOf(report, services.length), 0),
  ];
}

function rowOf({ name, last, restarts, slowestMs, written }: WatchedService, width: number): string {
  const cells = [
    name.slice(0, 24).padEnd(width),
    (last.loop === null ? last.verdict : "restart loop").padEnd(12),
    String(restarts).padEnd(8),
    (slowestMs === null ? "–" : `${Math.round(slowestMs)} ms`).padEnd(14),
    String(written),
  ];
  return marked(last, cells.join("  "));
}

function findingLines({ service, level, what, runbook }: Finding): string[] {
  const lines = wrapped(service === null ? what : `${service}: ${what}`, 2);
  const hint = runbook === null ? [] : [runbookHint(runbook)];
  return [...lines, ...hint].map((line, i) => (i === 0 ? `${level === "failure" ? "■" : "◐"} ${line}` : `  ${line}`));
}

function noteLines({ service, count, samples }: Note): string[] {
  const lines = count === 1 ? "a line that looks like an error" : `${count} lines that look like errors`;
  const shown = samples.map((sample) => `    ${sample.slice(0, 76)}`);
  const more = count > samples.length ? [`    … and ${count - samples.length} more: afloat logs ${service}`] : [];
  return [`Note: ${service} wrote ${lines}:`, ...shown, ...more];
}

function sentenceOf({ ok, complete, watchedMs, findings }: Report, services: number): string {
  const watched = `watched for ${durationWords(watchedMs)}`;
  const up = services === 1 ? "1 service is up and stayed up" : `${services} services are up and stayed up`;
  if (!complete) {
    const found = findings.length === 0 ? "nothing was found until then" : `${findings.length} findings until then`;
    return `Broken off, ${watched}: ${found}.`;
  }
  if (ok) return `● ${up}, ${watched}.`;
  const of = new Set(findings.flatMap(({ service }) => service ?? [])).size;
  const where = of === 0 ? "" : ` in ${of} of ${services === 1 ? "1 service" : `${services} services`}`;
  return `Not well: ${findings.length} ${findings.length === 1 ? "finding" : "findings"}${where}, ${watched}.`;
}
