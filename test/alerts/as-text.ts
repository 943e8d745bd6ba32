import type { Message } from "../../worker/src/alerts/core/alert-types.ts";

/** A message as one would read it: when, how grave, to whom; its words; what one can do. */
export function messageText(message: Message, toWhom: string): string {
  const { atMs, phase, severity, isQuiet, title, lines, lastLines, next, actions } = message;
  const head = `${clock(atMs)}  ${severity}${isQuiet ? ", quiet" : ""}  ${phase} → ${toWhom}`;
  const labels = actions.map(({ label }) => `[${label}]`).join(" ");
  return [
    head,
    ...wrapped(title, "    "),
    ...lines.flatMap((line) => wrapped(line, "      ")),
    ...lastLines.map((line) => `      | ${line}`),
    ...next.flatMap((line) => wrapped(`→ ${line}`, "      ")),
    ...(labels === "" ? [] : [`      ${labels}`]),
  ].join("\n");
}

/** `02:12:04` in UTC. */
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** Lines of at most 110 characters. */
export function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length + word.length > 110 && line.trim() !== "") {
      lines.push(line.trimEnd());
      line = `${indent}  `;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
