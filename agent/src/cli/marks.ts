import { styleText } from "node:util";
import type { ServiceSnapshot, Verdict } from "@afloat/shared/domain";

/** State is shape, word and colour: the shape is never left out, the colour only where a terminal wants it. */
const MARKS: Record<Verdict, { mark: string; colour: "green" | "yellow" | "red" | "blue" | "gray" }> = {
  healthy: { mark: "●", colour: "green" },
  completed: { mark: "●", colour: "gray" },
  starting: { mark: "○", colour: "gray" },
  waiting: { mark: "○", colour: "gray" },
  degraded: { mark: "◐", colour: "yellow" },
  unhealthy: { mark: "■", colour: "red" },
  down: { mark: "■", colour: "red" },
  paused: { mark: "▲", colour: "blue" },
};

/** A line with the service's mark before it. */
export function marked(service: ServiceSnapshot, line: string): string {
  return markedAs(service.loop === null ? service.verdict : "down", line);
}

/** A line with a verdict's mark before it. */
export function markedAs(verdict: Verdict, line: string): string {
  const { mark, colour } = MARKS[verdict];
  return `${isColoured() ? styleText(colour, mark) : mark} ${line}`;
}

/** True where the terminal wants colours (no-color.org). */
export function isColoured(): boolean {
  return process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
}
