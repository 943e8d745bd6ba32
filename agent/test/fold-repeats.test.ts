import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldRepeats } from "../src/supervisor/fold-repeats.ts";

const fold = (text: string) => foldRepeats(text.split(" ")).join(" ");

describe("output that says the same again and again", () => {
  it("says a line once, and how often it came, from the third time on", () => {
    expect(fold("listen failed failed failed failed")).toBe("listen failed (4 times)");
    expect(fold("listen failed failed")).toBe("listen failed failed");
    expect(fold("a a a b b b")).toBe("a (3 times) b (3 times)");
  });

  it("says a passage of several lines once, from the second time on, as it came last", () => {
    expect(fold("start read fail start read fail start read fail")).toBe("start read fail (the same 3 lines 3 times)");
    expect(fold("fail start read fail start read fail")).toBe("fail start read fail (the same 3 lines 2 times)");
    expect(fold("boot a b a b a b")).toBe("boot a b (the same 2 lines 3 times)");
  });

  it.each([
    ["2026-11-28T07:44:29.001Z ERROR no database", "2026-11-28T07:44:31.912Z ERROR no database"],
    ["2026/11/28 07:44:29 [emerg] 1203#1203: bind() failed", "2026/11/28 07:44:30 [emerg] 1203#1203: bind() failed"],
    ["[2026-11-28 07:44:29 +0000] [77] [ERROR] boom", "[2026-11-28 07:44:31 +0100] [1077] [ERROR] boom"],
    ["Nov 28 07:44:29 web nginx[812]: failed", "Dec  1 00:00:01 web nginx[90812]: failed"],
    ["28/Nov/2026:07:44:29 +0000 failed", "28/Nov/2026:07:44:31 +0000 failed"],
    [
      '{"level":50,"time":1795851869001,"pid":812,"msg":"boom"}',
      '{"level":50,"time":1795851871,"pid":90,"msg":"boom"}',
    ],
  ])("takes lines that differ only in when they were said, and by which process, for the same: %s", (early, late) => {
    expect(foldRepeats([early, early, late])).toEqual([late, "(3 times)"]);
    expect(foldRepeats(["one", early, "two", late])).toEqual(["one", early, "two", late]);
  });

  it.each([
    ["ECONNREFUSED 10.0.0.1:5432", "ECONNREFUSED 10.0.0.2:5432"],
    ["exits with code 1", "exits with code 2"],
    ["waits 100 ms", "waits 200 ms"],
    ["worker[3] failed", "worker[4] failed"],
  ])("tells lines apart that differ in what they say: %s", (one, other) => {
    expect(foldRepeats([one, other, one])).toEqual([one, other, one]);
  });

  it("leaves as it is what differs each time", () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i} failed`);
    expect(foldRepeats(lines)).toEqual(lines);
    expect(foldRepeats([])).toEqual([]);
  });

  it("of any lines, unfolded they are what was said, and never more lines than that", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 60 }), (lines) => {
        const folded = foldRepeats(lines);
        expect(unfold(folded)).toEqual(lines);
        expect(folded.length).toBeLessThanOrEqual(lines.length);
      }),
    );
  });
});

function unfold(folded: readonly string[]): string[] {
  const lines: string[] = [];
  for (const line of folded) {
    const said = /^\((?:the same (\d+) lines )?(\d+) times\)$/.exec(line);
    if (said === null) lines.push(line);
    else {
      const passage = lines.slice(-Number(said[1] ?? 1));
      for (let again = 1; again < Number(said[2]); again++) lines.push(...passage);
    }
  }
  return lines;
}
