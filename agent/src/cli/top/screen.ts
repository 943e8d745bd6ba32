import { styleText } from "node:util";
import { isColoured, markedAs } from "../marks.ts";
import type { FrameLine } from "./core/top-types.ts";

/** Another screen, so that what was there before comes back; no cursor; what is too wide is cut and not wrapped. */
const OPEN = "\u001B[?1049h\u001B[?25l\u001B[?7l\u001B[2J";
const CLOSE = "\u001B[?7h\u001B[?25h\u001B[?1049l";
/** A terminal that knows it shows all in between at once (contour's synchronized output); others ignore it. */
const [BEGIN, END] = ["\u001B[?2026h", "\u001B[?2026l"];

/** The whole terminal, redrawn in place: only lines that changed are written, so that nothing flickers. */
export class Screen {
  #shown: string[] = [];
  #open = true;

  constructor() {
    process.stdout.write(OPEN);
    // However this ends: a terminal without a cursor is nobody's friend.
    process.once("exit", () => this.close());
    process.stdout.on("resize", () => (this.#shown = []));
  }

  get width(): number {
    return process.stdout.columns;
  }

  get height(): number {
    return process.stdout.rows;
  }

  show(lines: readonly FrameLine[]): void {
    const texts = lines.slice(0, this.height).map(styled);
    const wiped = this.#shown.length === 0 ? "\u001B[2J" : "";
    const changed = texts.flatMap((text, i) =>
      text === this.#shown[i] ? [] : [`\u001B[${i + 1};1H${text}\u001B[0m\u001B[K`],
    );
    this.#shown = texts;
    if (changed.length > 0) process.stdout.write(`${BEGIN}${wiped}${changed.join("")}${END}`);
  }

  close(): void {
    if (this.#open) process.stdout.write(CLOSE);
    this.#open = false;
  }
}

/** A line as the terminal gets it. State is shape and word; colour, and where there is none, the sign before the chosen one, come on top. */
export function styled({ text, style, verdict, chosen }: FrameLine): string {
  const safe = withoutControls(text);
  if (verdict !== null) {
    const line = markedAs(verdict, safe);
    // Inverted also without colours: it is no colour, and where we are must be seen.
    return chosen ? `\u001B[7m${line.replaceAll("\u001B[39m", "\u001B[39;7m")}\u001B[27m` : line;
  }
  if (style === "strong" && process.stdout.isTTY) return `\u001B[1m${safe}\u001B[22m`;
  return style === "soft" && isColoured() ? styleText("gray", safe) : safe;
}

/** What services write must not move our cursor, or worse. */
function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll("\t", "    ").replaceAll(/\u001B\[[\d;?]*[ -~]|[\u0000-\u001F\u007F-\u009F]/g, "");
}
