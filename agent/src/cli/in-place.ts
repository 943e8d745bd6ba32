/** Sequences of a VT terminal (xterm, "Control Sequences"); those that one does not know it ignores. */
const ENTER = "\u001B[?1049h\u001B[?25l";
const LEAVE = "\u001B[?25h\u001B[?1049l";
/** Between these two nothing is drawn: a frame is seen whole or not at all. */
const BEGIN = "\u001B[?2026h\u001B[H";
const END = "\u001B[J\u001B[?2026l";

/** How often a picture is drawn anew where nothing else happens, milliseconds: its durations run on. */
const EVERY_MS = 1000;

/**
 * Shows a picture in place of the whole terminal, anew when `draw` is called, when the window changes and every second, until
 * the user leaves with Ctrl-C. `linesOf` gives the picture; no line may be wider than the columns it is told. The terminal is as before afterwards,
 * however it ends.
 */
export function openInPlace(linesOf: (size: { columns: number; rows: number }) => string[]): {
  draw: () => void;
  close: () => void;
} {
  const { stdout } = process;
  let shown = "";
  const draw = () => {
    const lines = linesOf({ columns: stdout.columns, rows: stdout.rows }).slice(0, stdout.rows);
    // Each line clears what is left of an older one behind it: nothing goes dark in between, so nothing flickers.
    const frame = `${BEGIN}${lines.map((line) => `${line}\u001B[K`).join("\r\n")}${END}`;
    if (frame === shown) return;
    shown = frame;
    stdout.write(frame);
  };
  const resized = () => {
    shown = "";
    draw();
  };
  const timer = setInterval(draw, EVERY_MS);
  const restore = () => void stdout.write(LEAVE);
  stdout.write(ENTER);
  stdout.on("resize", resized);
  process.once("exit", restore);
  return {
    draw,
    close: () => {
      clearInterval(timer);
      stdout.off("resize", resized);
      process.off("exit", restore);
      restore();
    },
  };
}
