import { wrapped } from "./wrapped.ts";

/** Markdown as a terminal of 80 columns reads it: paragraphs and lists wrapped anew, code as it is, no stars and no links. */
export function plainLines(markdown: string): string[] {
  const lines: string[] = [];
  let paragraph: string[] = [];
  let isCode = false;
  const flush = () => {
    if (paragraph.length > 0) lines.push(...blockLines(paragraph.join(" ")));
    paragraph = [];
  };
  for (const line of markdown.trim().split("\n")) {
    const fence = line.startsWith("```");
    if (fence || line === "" || line.startsWith("- ")) flush();
    if (fence) isCode = !isCode;
    else if (isCode) lines.push(`  ${line}`);
    else if (line === "") lines.push("");
    else paragraph.push(line.trim());
  }
  flush();
  return lines;
}

function blockLines(block: string): string[] {
  const text = block
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1")
    .replaceAll("**", "")
    .replaceAll(/\*(\w[^*]*)\*/g, "$1");
  if (!text.startsWith("- ")) return wrapped(text, 0);
  return wrapped(text.slice(2), 2).map((line, i) => `${i === 0 ? "- " : "  "}${line}`);
}
