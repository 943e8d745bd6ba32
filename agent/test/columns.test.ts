import { describe, expect, it } from "vitest";
import { type Column, layOut } from "../src/cli/core/columns.ts";
import { fitSheet } from "../src/cli/core/screen.ts";
import { cutTo, fillTo, oneLine, widthOf } from "../src/cli/core/text-width.ts";
import { wantsColours } from "../src/cli/marks.ts";

describe("the width of a text on a terminal", () => {
  it.each([
    ["web", 3],
    ["日本語", 6],
    ["한국어", 6],
    ["é", 1],
    ["e\u0301", 1],
    ["🚀", 2],
    ["👨‍👩‍👧‍👦", 2],
    ["🇦🇹", 2],
    ["❤\uFE0F", 2],
    ["ｆｕｌｌ", 8],
    ["→ –…", 4],
    ["", 0],
  ])("of %s is %i", (text, width) => expect(widthOf(text)).toBe(width));

  it("a cut letter is never half: the space is left free instead", () => {
    expect(cutTo("日本語", 4)).toBe("日…");
    expect(widthOf(fillTo("日本語", 5))).toBe(5);
    expect(cutTo("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3)).toBe("👨‍👩‍👧‍👦…");
    expect(cutTo("web", 3)).toBe("web");
    expect(cutTo("webs", 3)).toBe("we…");
    expect(cutTo("web", 0)).toBe("");
  });

  it("what moves the cursor, colours or turns the text is not shown", () => {
    expect(oneLine("a\u001B[31mred\u001B[0m\r\nb\tc\u202Ed\u001B]0;title\u0007e")).toBe("a red  b c d e");
    expect(oneLine("日本\u001B[2J語")).toBe("日本 語");
    expect(oneLine("one\n[two]")).toBe("one [two]");
  });
});

interface Row {
  name: string;
  count: string;
  why: string;
}

const COLUMNS: Column<Row>[] = [
  { head: "NAME", priority: 0, least: 6, textOf: ({ name }) => name },
  { head: "N", priority: 1, usual: 3, right: true, textOf: ({ count }) => count },
  { head: "WHY", priority: 2, least: 5, textOf: ({ why }) => why },
];
const ROWS: Row[] = [
  { name: "a-long-name", count: "7", why: "日本語 is wide 🚀" },
  { name: "b", count: "1234", why: "" },
];

describe("a table", () => {
  it.each([
    [40, ["NAME            N  WHY", "a-long-name     7  日本語 is wide 🚀", "b            1234  –"]],
    [30, ["NAME            N  WHY", "a-long-name     7  日本語 is…", "b            1234  –"]],
    [19, ["NAME       N  WHY", "a-lon…     7  日本…", "b       1234  –"]],
    [18, ["NAME            N", "a-long-name     7", "b            1234"]],
    [11, ["NAME", "a-long-name", "b"]],
    [4, ["NAME", "a-l…", "b"]],
  ])("of %i columns", (width, lines) => expect(layOut(COLUMNS, ROWS, width)).toEqual(lines));

  it("is never wider than the terminal, whatever stands in it", () => {
    for (let width = 1; width < 60; width++)
      for (const line of layOut(COLUMNS, ROWS, width)) expect(widthOf(line)).toBeLessThanOrEqual(width);
  });

  it("has no column in which nothing stands", () => {
    const rows = ROWS.map((row) => ({ ...row, why: "" }));
    expect(layOut(COLUMNS, rows, 80)[0]).toBe("NAME            N");
  });
});

describe("a screen", () => {
  const rows = Array.from({ length: 10 }, (_, i) => ({ line: `row ${i}`, isWell: i !== 7 }));
  const sheet = { head: "head", rows, trouble: ["7: why", "  what to do"], foot: "foot" };

  it("that is tall enough shows everything", () => {
    expect(fitSheet(sheet, 16)).toHaveLength(16);
    expect(fitSheet(sheet, 16).join("\n")).not.toContain("more");
  });

  it("that is not says how many more there are; those that are not well and their trouble stay", () => {
    expect(fitSheet(sheet, 10)).toEqual([
      "head",
      "row 0",
      "row 1",
      "row 7",
      "  … 7 more services, all well: make the window larger, or name some",
      "",
      "7: why",
      "  what to do",
      "",
      "foot",
    ]);
    for (let height = 1; height < 20; height++) expect(fitSheet(sheet, height).length).toBeLessThanOrEqual(height);
  });

  it("with more trouble than rows says how much more of it there is", () => {
    const trouble = Array.from({ length: 20 }, (_, i) => `trouble ${i}`);
    const shown = fitSheet({ ...sheet, trouble }, 20);
    expect(shown).toHaveLength(20);
    expect(shown.at(-3)).toBe("… 13 more lines: afloat explain shows them");
  });
});

it.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
  [false, { FORCE_COLOR: "1" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
])("colours: terminal %s, %o: %s", (isTerminal, env, wanted) => expect(wantsColours(isTerminal, env)).toBe(wanted));
