import type { PhaseReport } from "./play.ts";

/** A table of what each phase came to, and under it what went wrong. */
export function reportLines(reports: readonly PhaseReport[]): string[] {
  const head = [
    "phase",
    "took",
    "changes",
    "p95 to page",
    "silent after",
    "looks",
    "wrong",
    "false offline",
    "lost",
    "server",
  ];
  const rows = reports.map((each) => [
    each.phase,
    `${(each.tookMs / 1000).toFixed(2)} s`,
    String(each.changes),
    each.p95Ms === null ? "" : `${Math.round(each.p95Ms)} ms`,
    each.silentAfterMs === null ? "" : `${Math.round(each.silentAfterMs)} ms`,
    ...[each.looks, each.wrongLooks, each.falseOffline.length, each.lost.length].map(String),
    `${Math.round(each.serverMegabytes)} MB`,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  if (reports.length === 0) return [];
  const notes = reports.flatMap(({ phase, met, lost, falseOffline }) => [
    ...Object.entries(met).map(([what, count]) => `${phase}: ${what}, ${count} times`),
    ...lost.slice(0, 5).map((words) => `${phase}: ${words}`),
    ...falseOffline.slice(0, 5).map((name) => `${phase}: ${name} was there, and was called silent`),
  ]);
  const verdict = isGood(reports) ? "everything was shown and recorded as it was" : "something was shown wrong or lost";
  return [line(head), ...rows.map(line), ...notes, verdict];
}

/** Did the cloud say nothing wrong and lose nothing? */
export function isGood(reports: readonly PhaseReport[]): boolean {
  return reports.every(({ wrongLooks, falseOffline, lost }) => wrongLooks + falseOffline.length + lost.length === 0);
}
