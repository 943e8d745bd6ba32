import { readRunbook } from "@afloat/shared/core/runbook-sections";
import { nearest } from "../config/nearest.ts";
import { plainLines } from "./plain-lines.ts";
import { runbookText } from "./runbook-text.ts";

/** `afloat runbook wrong-path`: that section, or the list of all. Needs neither an agent nor a configuration. */
export async function runbook(topic: string | null): Promise<number> {
  const chapters = readRunbook(runbookText());
  if (topic === null) {
    console.log("Topics; each is printed by `afloat runbook <topic>`.");
    for (const { title, topic: chapter, sections } of chapters) {
      console.log(`\n${title} (${chapter})`);
      for (const section of sections) console.log(`  ${section.topic}`);
    }
    return 0;
  }
  const all = chapters.flatMap((chapter) => [chapter, ...chapter.sections]);
  const found = all.find((each) => each.topic === topic.toLowerCase());
  if (found === undefined) {
    const close = nearest(
      topic,
      all.map((each) => each.topic),
    );
    const hint = close === null ? "" : ` Did you mean ${close}?`;
    console.error(`the runbook has no topic ${topic}.${hint} List them with: afloat runbook`);
    return 2;
  }
  console.log([found.title, "", ...plainLines(found.text)].join("\n"));
  return 0;
}

/** What can be asked for. */
export function runbookTopics(): string[] {
  return readRunbook(runbookText()).flatMap((chapter) => [
    chapter.topic,
    ...chapter.sections.map(({ topic }) => topic),
  ]);
}
