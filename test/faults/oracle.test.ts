import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { JournalEvent } from "@afloat/shared/wire";
import { describe, expect, it } from "vitest";
import { judgeRecords } from "./oracle.ts";
import type { D1Story, FleetStory, HostStory } from "./records.ts";

/** The oracle itself: three records that agree, and then each harm that it is there to find. */

const up: ServiceSnapshot = {
  ...{ name: "web", desired: "run", paused: null, state: "up", verdict: "healthy", reasonCode: "process-only" },
  ...{ reason: "the process runs", sinceMs: 1, pid: 4711, port: null, restarts: 0, upSinceMs: 1, nextTryMs: null },
  ...{ loop: null, lastExit: null, endpoint: null, diagnosis: null },
};
const down: ServiceSnapshot = { ...up, state: "backoff", verdict: "down", reasonCode: "exited", pid: null };
const cause = { code: "exit-code", text: "exits with code 3" } as const;
const loop = { openedMs: 30, closedMs: null, restarts: 3, spanMs: 9, withinMs: 300, longestGapMs: 4, cause };

const events: JournalEvent[] = [
  { kind: "agent-started", seq: 1, atMs: 10, runId: "run", version: "1" },
  { kind: "flip", seq: 2, atMs: 20, snapshot: up },
  { kind: "loop-opened", seq: 3, atMs: 30, service: "web", loop, exit: null, lastLines: [] },
  { kind: "flip", seq: 4, atMs: 40, snapshot: { ...down, loop } },
  { kind: "command", seq: 5, atMs: 50, command: "c1", step: "running", detail: "" },
  { kind: "command", seq: 6, atMs: 60, command: "c1", step: "done", detail: "" },
  { kind: "flip", seq: 7, atMs: 70, snapshot: up },
];

interface Told {
  host: HostStory;
  d1: D1Story;
  fleet: FleetStory;
}

/** What all three say where nothing went wrong. */
function told(): Told {
  const of = { hostId: "h1", organizationId: "o1" };
  const row = { subjectId: "h1.web", journalId: "j1", organizationId: "o1" };
  const step = (name: "queued" | "running" | "done", atMs: number) => ({ step: name, atMs, detail: "" });
  const stands = { id: "h1", organizationId: "o1", journalId: "j1", recordedSeq: 7 };
  return {
    host: {
      name: "web-1",
      hostId: "h1",
      journalId: "j1",
      events,
      services: [up],
      starts: new Map([["web", 2]]),
      steady: ["web"],
    },
    d1: {
      hosts: [{ ...stands, link: "online" }],
      services: [{ ...of, name: "web", snapshot: up }],
      flips: [
        { ...row, atMs: 20, seq: 2, verdict: "healthy", reasonCode: "process-only" },
        { ...row, atMs: 40, seq: 4, verdict: "down", reasonCode: "exited" },
        { ...row, atMs: 70, seq: 7, verdict: "healthy", reasonCode: "process-only" },
      ],
      incidents: [
        { ...of, id: "h1-j1-3-restart-loop", kind: "restart-loop", subjectId: "h1.web", openedMs: 30, closedMs: 70 },
      ],
      commands: [
        {
          ...{ ...of, id: "c1", serviceName: "web", step: "done" },
          steps: [step("queued", 45), step("running", 50), step("done", 60)],
        },
      ],
    },
    fleet: {
      ...{ hosts: [stands], services: [{ hostId: "h1", snapshot: up }] },
      ...{ openIncidents: [], openCommands: [], setAside: [] },
    },
  };
}

function findingsOf(harm: (its: Told) => void): string[] {
  const its = structuredClone(told());
  harm(its);
  return judgeRecords([its.host], its.d1, [its.fleet]).map(({ kind }) => kind);
}

describe("the oracle", () => {
  it("finds nothing where all three tell the same", () => expect(findingsOf(() => {})).toEqual([]));

  it.each<[string, (its: Told) => void, string]>([
    ["a flip that D1 does not have", ({ d1 }) => d1.flips.splice(1, 1), "lost"],
    ["a flip that D1 has twice", ({ d1 }) => d1.flips.push({ ...d1.flips[2]!, atMs: 71 }), "double"],
    ["a flip of no event", ({ d1 }) => d1.flips.push({ ...d1.flips[2]!, atMs: 80, seq: 8 }), "double"],
    ["a flip to something else", ({ d1 }) => (d1.flips[1]!.verdict = "degraded"), "state"],
    ["a flip at another time", ({ d1 }) => (d1.flips[2]!.atMs = 9_000), "time"],
    ["flips that are read in another order", ({ d1 }) => d1.flips.reverse(), "order"],
    ["a flip of another organization", ({ d1 }) => (d1.flips[0]!.organizationId = "o2"), "foreign"],
    ["an incident that D1 does not have", ({ d1 }) => d1.incidents.pop(), "lost"],
    ["an incident of no event", ({ d1 }) => d1.incidents.push({ ...d1.incidents[0]!, id: "x" }), "double"],
    ["an incident that is not over", ({ d1 }) => (d1.incidents[0]!.closedMs = null), "state"],
    ["an incident of another organization", ({ d1 }) => (d1.incidents[0]!.organizationId = "o2"), "foreign"],
    ["a hole in the journal", ({ host }) => host.events.splice(2, 1), "lost"],
    ["a number that the journal has twice", ({ host }) => host.events.splice(2, 0, host.events[1]!), "double"],
    ["a mark that lags behind", ({ d1 }) => (d1.hosts[0]!.recordedSeq = 6), "state"],
    ["a Fleet that does not know the host", ({ fleet }) => fleet.hosts.pop(), "foreign"],
    ["a Fleet that shows another state", ({ fleet }) => (fleet.services[0]!.snapshot = down), "state"],
    ["something set aside", ({ fleet }) => fleet.setAside.push("too large"), "lost"],
    ["a command without an end", ({ d1 }) => (d1.commands[0]!.step = "running"), "command"],
    [
      "a command that went on after its end",
      ({ d1 }) => d1.commands[0]!.steps.push({ step: "failed", atMs: 61, detail: "" }),
      "command",
    ],
    [
      "a command that was begun twice",
      ({ host }) => host.events.splice(5, 0, { ...host.events[4]!, seq: 6 }),
      "command",
    ],
    ["a command that was done twice", ({ host }) => host.starts.set("web", 3), "command"],
    ["a command that was not done", ({ host }) => host.starts.set("web", 1), "command"],
    ["a command that is still in flight", ({ fleet }) => fleet.openCommands.push("c1"), "command"],
  ])("finds %s", (_, harm, kind) => expect(findingsOf(harm)).toContain(kind));
});
