import { styleText } from "node:util";
import { type Finding, type Level, LEVELS } from "../doctor/core/finding.ts";
import { examine } from "../doctor/examine.ts";
import { isColoured } from "./marks.ts";
import type { Place } from "./place.ts";
import { wrapped } from "./wrapped.ts";

const COLOURS = { ok: "green", note: "blue", warning: "yellow", problem: "red" } as const;
/** Columns before what is said. */
const INDENT = 10;

export interface DoctorOptions {
  json?: boolean;
  quiet?: boolean;
}

/** `afloat doctor`: the agent's own health. Exit code 1 where there is a problem. */
export async function doctor(place: Place, options: DoctorOptions): Promise<number> {
  const findings = await examine(place);
  const sorted = findings.toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
  const count = (level: Level) => findings.filter((each) => each.level === level).length;
  if (options.json === true) console.log(JSON.stringify({ ok: count("problem") === 0, findings: sorted }));
  else if (options.quiet !== true) {
    for (const line of sorted.flatMap(linesOf)) console.log(line);
    const counted = (["problem", "warning", "note"] as const).filter((level) => count(level) > 0);
    const words = counted.map((level) => `${count(level)} ${level}${count(level) === 1 ? "" : "s"}`).join(", ");
    console.log(`\n${words === "" ? "All is well." : `${words}; ${count("ok")} checks are well.`}`);
  }
  return count("problem") > 0 ? 1 : 0;
}

function linesOf({ check, level, what, why, mend }: Finding): string[] {
  const word = level.padEnd(INDENT);
  const head = isColoured() ? styleText(COLOURS[level], word) : word;
  const [first = "", ...rest] = wrapped(`${check}: ${what}`, INDENT);
  const indent = " ".repeat(INDENT);
  const more = why === null ? [] : wrapped(why, INDENT);
  // A command is never broken: it is to be copied.
  return [
    `${head}${first}`,
    ...[...rest, ...more].map((line) => indent + line),
    ...(mend === null ? [] : [`${indent}→ ${mend}`]),
  ];
}
