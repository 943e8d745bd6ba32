import { styleText } from "node:util";
import type { PlanShown, StepShown } from "../control/protocol.ts";
import { isColoured } from "./marks.ts";

/** A sign and a word for each kind of step; the colour only where a terminal wants it. */
const KINDS = {
  stop: { sign: "-", colour: "red", word: "stop" },
  start: { sign: "+", colour: "green", word: "start" },
  restart: { sign: "↻", colour: "yellow", word: "restart" },
  change: { sign: "~", colour: "blue", word: "in place" },
} as const;

/** What a reload would do, one line a service. */
export function planLines({ services, host, unchanged }: PlanShown): string[] {
  const width = Math.max(0, ...services.map(({ service }) => Math.min(24, service.length)));
  const settings = host.map(({ setting, takes }) => {
    const until = takes === "new-start" ? "; it counts from the agent's next start" : "";
    return `${signed("change")} ${"in place".padEnd(8)}  ${setting} of the host${until}`;
  });
  const rest = unchanged === 1 ? "1 service stays as it is" : `${unchanged} services stay as they are`;
  return [...services.map((step) => lineOf(step, width)), ...settings, ...(unchanged > 0 ? ["", rest] : [])];
}

function lineOf(step: StepShown, width: number): string {
  const { word } = KINDS[step.kind];
  const why = step.kind === "stop" ? "not in the file any more" : detailOf(step);
  const name = why === "" ? step.service : step.service.padEnd(width);
  return `${signed(step.kind)} ${word.padEnd(8)}  ${name}${why === "" ? "" : `  ${why}`}`;
}

/** Names of variables only: their values may be secrets. */
function detailOf({ settings, env }: StepShown): string {
  const names = [
    ...env.added.map((name) => `+${name}`),
    ...env.changed.map((name) => `~${name}`),
    ...env.removed.map((name) => `-${name}`),
  ];
  return settings.map((word) => (word === "env" && names.length > 0 ? `env (${names.join(" ")})` : word)).join(", ");
}

function signed(kind: StepShown["kind"]): string {
  const { sign, colour } = KINDS[kind];
  return isColoured() ? styleText(colour, sign) : sign;
}
