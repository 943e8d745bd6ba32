import { styleText } from "node:util";
import type { PlanShown, StepShown } from "../control/protocol.ts";
import { oneLine, widthOf } from "./core/text-width.ts";
import { isColoured } from "./marks.ts";
import { USUAL_COLUMNS, wrapped } from "./wrapped.ts";

/** A sign and a word for each kind of step; the colour only where a terminal wants it. */
const KINDS = {
  stop: { sign: "-", colour: "red", word: "stop" },
  start: { sign: "+", colour: "green", word: "start" },
  restart: { sign: "↻", colour: "yellow", word: "restart" },
  change: { sign: "~", colour: "blue", word: "in place" },
} as const;

/** Sign, word, and the spaces behind each, columns. */
const HEAD = 12;

/** What a reload would do, a line or more a service. `columns`: how wide the terminal is; null where there is none. */
export function planLines({ services, host, unchanged }: PlanShown, columns: number | null): string[] {
  const within = (columns ?? USUAL_COLUMNS) / 2 - HEAD;
  const width = Math.max(0, ...services.map(({ service }) => service.length).filter((length) => length <= within));
  const settings = host.map(({ setting, takes }) => {
    const until = takes === "new-start" ? "; it counts from the agent's next start" : "";
    return `${headOf("change")}${setting} of the host${until}`;
  });
  const rest = unchanged === 1 ? "1 service stays as it is" : `${unchanged} services stay as they are`;
  const steps = services.flatMap((step) => linesOf(step, width, columns));
  return [...steps, ...settings, ...(unchanged > 0 ? ["", rest] : [])];
}

function linesOf(step: StepShown, width: number, columns: number | null): string[] {
  const head = headOf(step.kind);
  const name = oneLine(step.service);
  const why = step.kind === "stop" ? "not in the file any more" : detailOf(step);
  if (why === "") return [`${head}${name}`];
  const before = Math.max(width, widthOf(name)) + 2;
  if (columns === null) return [`${head}${name.padEnd(width)}  ${why}`];
  // A name that leaves too little room has a line of its own.
  if (widthOf(name) > width) return [`${head}${name}`, ...behind(HEAD, wrapped(why, HEAD, columns))];
  const [first = "", ...more] = wrapped(why, HEAD + before, columns);
  return [`${head}${name.padEnd(width)}  ${first}`, ...behind(HEAD + before, more)];
}

const behind = (indent: number, lines: readonly string[]) => lines.map((line) => `${" ".repeat(indent)}${line}`);

/** Names of variables only: their values may be secrets. */
function detailOf({ settings, env }: StepShown): string {
  const names = [
    ...env.added.map((name) => `+${name}`),
    ...env.changed.map((name) => `~${name}`),
    ...env.removed.map((name) => `-${name}`),
  ].map(oneLine);
  return settings.map((word) => (word === "env" && names.length > 0 ? `env (${names.join(" ")})` : word)).join(", ");
}

function headOf(kind: StepShown["kind"]): string {
  const { sign, colour, word } = KINDS[kind];
  return `${isColoured() ? styleText(colour, sign) : sign} ${word.padEnd(8)}  `;
}
