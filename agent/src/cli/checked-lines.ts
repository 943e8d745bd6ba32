import type { PortResult } from "@afloat/shared/core/lifecycle-types";
import type { Checked } from "../check/check-service.ts";
import type { Status } from "../control/protocol.ts";
import { markedAs } from "./marks.ts";
import { runbookHint } from "./runbook-hint.ts";
import { wrapped } from "./wrapped.ts";

/** A table's width: what a terminal has that nobody made wider. */
const COLUMNS = 80;
const NAME_LIMIT = 24;
const PORTS_LIMIT = 24;

/** The table, 80 columns wide at most, and under it each problem: what, how we know, what to write, and where. */
export function checkedLines(checked: readonly Checked[]): string[] {
  if (checked.length === 0) return ["no services are configured"];
  const nameWidth = widthOf(["SERVICE", ...checked.map(({ service }) => service)], NAME_LIMIT);
  const portsWidth = widthOf(["PORTS", ...checked.map(portsCell)], PORTS_LIMIT);
  // Mark and blank, and two blanks between the columns.
  const answerWidth = COLUMNS - 2 - nameWidth - 2 - STATE_WIDTH - 2 - portsWidth - 2;
  const row = (name: string, state: string, ports: string, answer: string) =>
    [cell(name, nameWidth), cell(state, STATE_WIDTH), cell(ports, portsWidth), cut(answer, answerWidth)]
      .join("  ")
      .trimEnd();
  const rows = checked.map((each) =>
    markedAs(each.verdict, row(each.service, each.verdict, portsCell(each), each.answer === "" ? "–" : each.answer)),
  );
  const problems = checked.flatMap((each) => (each.problems.length === 0 ? [] : ["", ...problemLines(each)]));
  return [`  ${row("SERVICE", "STATE", "PORTS", "ENDPOINT")}`, ...rows, ...problems];
}

/** The longest word of a verdict. */
const STATE_WIDTH = "unhealthy".length;

function portsCell({ ports }: Checked): string {
  return ports.length === 0 ? "–" : ports.map(portWords).join(", ");
}

function portWords(port: PortResult): string {
  if (port.kind === "closed") return `${port.port} closed`;
  if (port.owner === "foreign") return `${port.port} ${port.name} (${port.pid})`;
  return port.owner === "own" ? `${port.port} own` : `${port.port} open`;
}

function problemLines({ service, endpoint, problems }: Checked): string[] {
  const lines = wrapped(`${service}: ${endpoint ?? problems[0]?.what ?? ""}`, 0);
  problems.forEach(({ code, what, proof, write, where }, i) => {
    const isSaid = endpoint === null && i === 0;
    lines.push(...indented(isSaid ? proof : `${what} ${proof}`));
    if (write !== null) lines.push(...indented(`Write \`${write}\` in ${where ?? "afloat.yaml"}.`));
    lines.push(`  ${runbookHint(code)}`);
  });
  return lines;
}

/** The agent that a check met: what it said, and what was wrong with it. Both null where none runs. */
export interface MetAgent {
  status: Status | null;
  fault: string | null;
}

/** How many are well, and who was asked. */
export function summaryLines(checked: readonly Checked[], { status, fault }: MetAgent): string[] {
  const bad = checked.filter(({ ok }) => !ok).length;
  const services = `${checked.length} service${checked.length === 1 ? "" : "s"}`;
  const result = bad === 0 ? "all well" : `${bad} not well`;
  const agent = status === null ? "no agent runs here" : `the agent runs as pid ${status.agent.pid}`;
  return wrapped(`${services} checked, ${result}; ${fault ?? agent}`, 0);
}

/** That what is certain can be written for the person, where it can. */
export function fixableWords(checked: readonly Checked[]): string[] {
  const count = checked.flatMap(({ problems }) => problems).filter(({ edit }) => edit !== null).length;
  if (count === 0) return [];
  return [
    `afloat check --fix writes ${count === 1 ? "the line that is certain" : `the ${count} lines that are certain`}`,
  ];
}

const widthOf = (texts: readonly string[], limit: number) =>
  Math.min(limit, Math.max(...texts.map((text) => text.length)));

const cell = (text: string, width: number) => cut(text, width).padEnd(width);

const cut = (text: string, width: number) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);

const indented = (text: string) => wrapped(text, 2).map((line) => `  ${line}`);
