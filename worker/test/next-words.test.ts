import { describe, expect, it } from "vitest";
import { nextWords } from "../src/incidents/core/next-words.ts";

const loop = { kind: "restart-loop" as const, closedMs: null };
const AGENT = "The agent goes on starting it, after longer and longer pauses.";
const seen = { snapshot: null, acknowledgement: null, notices: [], whys: [] };
const told = (createdMs: number, next: string[] | null) => ({ createdMs, next });

describe("what comes of an open incident by itself", () => {
  it("is what the agent does, and what the message that was told last says of who is told when", () => {
    const notices = [
      told(3, null),
      told(2, [AGENT, "It is said again at 10:00 UTC."]),
      told(1, ["It goes on to Ines."]),
    ];
    expect(nextWords(loop, { ...seen, notices }, 9)).toEqual([AGENT, "It is said again at 10:00 UTC."]);
  });

  it("is no longer that where it was held back since", () => {
    const notices = [told(2, [AGENT, "It is said again at 10:00 UTC."])];
    const held = { what: "reminder-held" as const, because: "Mara silenced it" };
    expect(nextWords(loop, { ...seen, notices, whys: [{ atMs: 3, said: held }] }, 9)).toEqual([AGENT]);
    expect(nextWords(loop, { ...seen, notices, whys: [{ atMs: 1, said: held }] }, 9).length).toBe(2);
  });

  it("is that nobody else is asked, where somebody looks after it", () => {
    const notices = [told(2, ["It is said again at 10:00 UTC."])];
    const words = nextWords(loop, { ...seen, notices, acknowledgement: { byName: "Mara" } }, 9);
    expect(words).toEqual([
      AGENT,
      "Mara looks after it: until it is over nobody is reminded, and nobody else is asked.",
    ]);
  });

  it("is when the agent tries next, and nothing once it is over", () => {
    expect(nextWords(loop, { ...seen, snapshot: { nextTryMs: 2_000 } }, 500)).toEqual([
      AGENT,
      "The next try is in 1.5 s.",
    ]);
    expect(nextWords({ ...loop, closedMs: 1 }, { ...seen, notices: [told(1, ["more"])] }, 9)).toEqual([]);
  });
});
