import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TAIL_LINES } from "@afloat/shared/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lastLines } from "../src/supervisor/last-lines.ts";
import { checkWords } from "../src/supervisor/look.ts";

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "afloat-look-"));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function tail(text: string, count = TAIL_LINES): string[] {
  const path = join(dir, "web.log");
  writeFileSync(path, text);
  return lastLines(path, count);
}

describe("the last lines that leave a host", () => {
  it("are bounded in number and in length, oldest first", () => {
    const lines = tail(Array.from({ length: 300 }, (_, i) => `line ${i}\n`).join(""));
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([TAIL_LINES, "line 200", "line 299"]);
    expect(tail(`${"x".repeat(4000)}\n`)).toEqual(["x".repeat(500)]);
    expect(lastLines(join(dir, "none.log"), 10)).toEqual([]);
  });

  it("hide what looks like a secret, also where only the end of its line is read", () => {
    expect(tail("login password=hunter2 as anna\n")).toEqual(["login password=[redacted] as anna"]);
    // The line begins before what is read; the word that would give the secret away is not seen.
    const long = `password=${"s3cret".repeat(3000)}\nwell\n`;
    expect(long.length).toBeGreaterThan(16 * 1024);
    expect(tail(long)).toEqual(["well"]);
    expect(tail(`password=${"s3cret".repeat(3000)}`)).toEqual([]);
  });
});

describe("what a check found, in words", () => {
  const well = { service: "web", ok: true, crashed: false, problems: [], ports: [] };

  it("says how it stands, what was asked, and what to write instead", () => {
    const endpoint = "GET http://localhost:5001/health → 404";
    const answer = "GET /health → 404";
    expect(checkWords({ ...well, verdict: "healthy", endpoint, answer: "GET /health → 200" })).toBe(
      "healthy: GET /health → 200",
    );
    const wrong = {
      ...{ code: "wrong-path" as const, what: "The path is most likely wrong.", proof: "/healthz answers." },
      ...{ write: "health: /healthz", where: "afloat.yaml:13", edit: null },
    };
    expect(checkWords({ ...well, ok: false, verdict: "degraded", endpoint, answer, problems: [wrong] })).toBe(
      "degraded: GET /health → 404. The path is most likely wrong. /healthz answers. Write health: /healthz in afloat.yaml:13.",
    );
  });

  it("of a service without an endpoint tells of its ports, or of its process", () => {
    const without = { ...well, verdict: "healthy" as const, endpoint: null, answer: "" };
    const ports = [{ port: 5001, kind: "listening" as const, owner: "own" as const, pid: 7, name: "node" }];
    expect(checkWords({ ...without, ports })).toBe("healthy: port 5001 listens");
    expect(checkWords(without)).toBe("healthy: nothing to call; its process is all there is");
  });

  it("of one that is paused says that nothing was called", () => {
    const paused = {
      ...{ code: "not-running" as const, what: "It is paused, so nothing was called: resume it first." },
      ...{ proof: "The agent says: paused by Anna.", write: null, where: null, edit: null },
    };
    const said = checkWords({
      ...well,
      ok: false,
      verdict: "paused",
      endpoint: null,
      answer: "not called",
      problems: [paused],
    });
    expect(said).toBe("paused: It is paused, so nothing was called: resume it first. The agent says: paused by Anna.");
  });
});
