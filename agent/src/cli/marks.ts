import type { ServiceSnapshot, Verdict } from "@afloat/shared/domain";

/** The foreground colours of a terminal (ECMA-48, SGR). */
const COLOURS = { red: 31, green: 32, yellow: 33, blue: 34, gray: 90 } as const;

/** State is shape, word and colour: the shape is never left out, the colour only where a terminal wants it. */
const MARKS: Record<Verdict, { mark: string; colour: keyof typeof COLOURS }> = {
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
  return `${isColoured() ? `\u001B[${COLOURS[colour]}m${mark}\u001B[39m` : mark} ${line}`;
}

/** True where the terminal wants colours. */
export function isColoured(): boolean {
  return wantsColours(process.stdout.isTTY, process.env);
}

/** By no-color.org and force-color.org; of the two the second wins, as in Node itself. An empty variable says nothing. */
export function wantsColours(isTerminal: boolean, env: Record<string, string | undefined>): boolean {
  const { FORCE_COLOR: forced = "", NO_COLOR: refused = "", TERM: terminal } = env;
  if (forced !== "") return forced !== "0" && forced !== "false";
  return isTerminal && refused === "" && terminal !== "dumb";
}
