import { describe, expect, it } from "vitest";
import { plainLines } from "../src/cli/plain-lines.ts";
import { wrapped } from "../src/cli/wrapped.ts";

describe("text for a terminal", () => {
  it("is cut between words, a word that is too long stands alone", () => {
    const long = "x".repeat(90);
    expect(wrapped(`one ${long} two`, 0)).toEqual(["one", long, "two"]);
    expect(wrapped("a".repeat(38) + " " + "b".repeat(41), 0)).toHaveLength(1);
    expect(wrapped("a".repeat(39) + " " + "b".repeat(41), 0)).toHaveLength(2);
  });

  it("has no marks of Markdown, and its code as it stands", () => {
    const markdown = "Read **this** and [that](#that), *now*.\n\n- one\n  more\n- two\n\n```yaml\na:  b\n```";
    expect(plainLines(markdown)).toEqual(["Read this and that, now.", "", "- one more", "- two", "", "  a:  b"]);
  });
});
