import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runbookTopic, runbookTopicOf, runbookTopics } from "../src/core/runbook.ts";
import { anchorOf, readRunbook } from "../src/core/runbook-sections.ts";
import { INCIDENT_KINDS, LOOP_CAUSES, REASON_CODES, VERDICTS } from "../src/domain.ts";
import { loop, snapshot } from "./service-snapshot.ts";

const markdown = readFileSync(fileURLToPath(new URL("../../docs/runbook.md", import.meta.url)), "utf8");
const chapters = readRunbook(markdown);
const sections = chapters.flatMap((chapter) => chapter.sections);
const topics = sections.map(({ topic }) => topic);

describe("docs/runbook.md", () => {
  it("has a heading for every code that Afloat shows, and none that is no code's", () => {
    expect([...topics].sort()).toEqual(runbookTopics().sort());
  });

  it("has each anchor once, chapters among them", () => {
    const all = [...chapters.map(({ topic }) => topic), ...topics];
    expect(all.filter((topic, i) => all.indexOf(topic) !== i)).toEqual([]);
  });

  it("links only to headings that it has", () => {
    const all = new Set([...chapters.map(({ topic }) => topic), ...topics]);
    const links = [...markdown.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor ?? "");
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((anchor) => !all.has(anchor))).toEqual([]);
  });

  it("says in every section what it means, and what to do where there is something to do", () => {
    for (const { topic, text } of sections) {
      expect(text.length, topic).toBeGreaterThan(60);
      if (!["endpoint-ok"].includes(topic)) expect(text, topic).toMatch(/What\s+to\s+do|: see \[/);
    }
  });
});

describe("the topic of a code", () => {
  it("means one thing: verdicts, reasons, causes of loops and incidents do not share a heading by accident", () => {
    const words = [
      ...VERDICTS,
      ...REASON_CODES,
      ...LOOP_CAUSES.map((code) => runbookTopic({ of: "loop", code })),
      ...INCIDENT_KINDS,
    ];
    const shared = words.filter((word, i) => words.indexOf(word) !== i);
    // The reason and the incident that is opened for it.
    expect(shared).toEqual(["port-conflict"]);
  });

  it("is the loop's cause before the diagnosis, the diagnosis before the reason, and nothing where all is well", () => {
    const diagnosis = { code: "wrong-path" as const, what: "", proof: "", write: null, where: null };
    const bad = snapshot({ verdict: "degraded", reasonCode: "unproven-endpoint" });
    expect(runbookTopicOf({ ...bad, diagnosis, loop: loop(0) })).toBe("loop-exit-code");
    expect(runbookTopicOf({ ...bad, diagnosis })).toBe("wrong-path");
    expect(runbookTopicOf(bad)).toBe("unproven-endpoint");
    expect(runbookTopicOf(snapshot())).toBeNull();
    expect(runbookTopicOf(snapshot({ reasonCode: "foreign-answer" }))).toBe("foreign-answer");
  });
});

it("headings are anchors as GitHub makes them", () => {
  expect(anchorOf("Health endpoints")).toBe("health-endpoints");
  expect(anchorOf("What's next?")).toBe("whats-next");
});

it("a runbook is read by its headings, whatever stands before the first", () => {
  expect(readRunbook("# Title\n\nBefore.\n\n## One\n\nOwn.\n\n### a-b\n\nText.\n\n### c\n\nMore.\n\n## Two\n")).toEqual(
    [
      {
        topic: "one",
        title: "One",
        text: "Own.",
        sections: [
          { topic: "a-b", title: "a-b", text: "Text." },
          { topic: "c", title: "c", text: "More." },
        ],
      },
      { topic: "two", title: "Two", text: "", sections: [] },
    ],
  );
});
