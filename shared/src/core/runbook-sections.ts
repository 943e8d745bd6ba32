/** A part of the runbook. Its topic is the anchor of its heading, as GitHub and our own page make it. */
export interface RunbookSection {
  topic: string;
  title: string;
  /** Markdown, without the heading. */
  text: string;
}

/** A part with a heading of the second level, and those of the third level inside. */
export interface RunbookChapter extends RunbookSection {
  sections: RunbookSection[];
}

/** Takes the runbook's Markdown apart at its headings. */
export function readRunbook(markdown: string): RunbookChapter[] {
  return cut(markdown, "## ").map(({ topic, title, text }) => {
    const sections = cut(text, "### ");
    const [own = ""] = text.split(/^### /m);
    return { topic, title, text: own.trim(), sections };
  });
}

/** The anchor of a heading: small letters, hyphens for what is between words. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(/\s+/g, "-");
}

function cut(markdown: string, mark: "## " | "### "): RunbookSection[] {
  const [, ...parts] = `\n${markdown}`.split(`\n${mark}`);
  return parts.map((part) => {
    const [title = "", ...lines] = part.split("\n");
    return { topic: anchorOf(title), title, text: lines.join("\n").trim() };
  });
}
