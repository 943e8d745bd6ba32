import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { initialLink, step } from "../src/link/core/link-machine.ts";
import { SimulatedCloud } from "./simulated-cloud.ts";

let cloud: SimulatedCloud;
beforeEach(() => {
  cloud = new SimulatedCloud();
});

/** Enrolled, connected, welcomed. */
function connect(): void {
  cloud.turn({ kind: "enrolled" });
  cloud.answerDial(true);
  while (cloud.deliver());
  expect(cloud.state.phase.kind).toBe("connected");
}

const waited = () => (cloud.state.phase.kind === "waiting" ? cloud.state.phase.untilMs - cloud.nowMs : null);

describe("what the cloud is told", () => {
  it("whatever breaks and whenever: every event is recorded at last, in order, and none is forgotten before", () => {
    const move = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom("append", "deliver", "pass") },
      { weight: 2, arbitrary: fc.constantFrom("connect", "record", "storm") },
      {
        weight: 1,
        arbitrary: fc.constantFrom("refuse-dial", "break", "cloud-forgets", "busy", "too-large", "hello-first"),
      },
      { weight: 1, arbitrary: fc.constantFrom("enrolled", "garbage", "old-ack") },
    );
    fc.assert(
      fc.property(
        fc.array(move, { maxLength: 200, size: "max" }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (moves, random) => {
          const cloud = new SimulatedCloud();
          cloud.random = random;
          cloud.turn({ kind: "enrolled" });
          for (const each of moves) {
            if (each === "append") cloud.append();
            else if (each === "storm") for (let i = 0; i < 700; i++) cloud.append();
            else if (each === "deliver") cloud.deliver();
            else if (each === "busy" || each === "too-large" || each === "hello-first") cloud.deliver(each);
            else if (each === "pass") cloud.pass();
            else if (each === "connect") cloud.answerDial(true);
            else if (each === "refuse-dial") cloud.answerDial(false);
            else if (each === "break") cloud.break();
            else if (each === "cloud-forgets") cloud.cloudForgets();
            else if (each === "record") cloud.record();
            else if (each === "enrolled") cloud.turn({ kind: "enrolled" });
            else if (each === "garbage") cloud.turn({ kind: "garbage", what: "noise" });
            else cloud.tell({ type: "ack", held: 0, recorded: Math.min(1, cloud.recorded) });
            expect(cloud.forgotten).toBeLessThanOrEqual(cloud.recorded);
          }
          cloud.append();
          cloud.settle();
          expect([cloud.recorded, cloud.forgotten]).toEqual([cloud.lastSeq, cloud.lastSeq]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("a storm of changes goes out together, a moment after the first of them", () => {
    connect();
    for (let i = 0; i < 150; i++) cloud.append();
    expect(cloud.up).toEqual([]);
    const before = cloud.nowMs;
    cloud.pass();
    expect(cloud.nowMs - before).toBeLessThanOrEqual(50);
    expect(cloud.up).toEqual([{ type: "events", from: 1, upTo: 150 }]);
  });

  it("told busy, it waits a minute with all that the cloud does not hold, however much comes meanwhile", () => {
    connect();
    for (let i = 0; i < 300; i++) cloud.append();
    cloud.pass();
    cloud.deliver();
    while (cloud.deliver("busy"));
    const before = cloud.nowMs;
    cloud.append();
    expect(cloud.up).toEqual([]);
    while (cloud.up?.some(({ type }) => type === "events") !== true) {
      while (cloud.deliver());
      cloud.pass();
    }
    expect(cloud.nowMs - before).toBe(60_000);
    expect(cloud.up?.[0]).toMatchObject({ type: "events", from: cloud.held + 1 });
  });

  it("a message that is too large comes again in smaller ones, and grows again once they are taken", () => {
    connect();
    for (let i = 0; i < 200; i++) cloud.append();
    for (const upTo of [200, 100, 50]) {
      cloud.pass();
      expect(cloud.up?.[0]).toEqual({ type: "events", from: 1, upTo });
      while (cloud.deliver(upTo > 50 ? "too-large" : null));
    }
    expect(cloud.held).toBe(200);
    expect(cloud.state.phase).toMatchObject({ limit: 200 });
  });

  it("where the disk lost what the cloud has, a new journal begins: nothing new comes under an old number", () => {
    cloud.held = 500;
    cloud.recorded = 480;
    cloud.lastSeq = 3;
    connect();
    expect(cloud.renewed).toBe(1);
    cloud.append();
    cloud.settle();
    expect(cloud.recorded).toBe(4);
  });

  it("leaving on purpose, it tells the last events, then goodbye; leaving without, it does not say goodbye", () => {
    connect();
    cloud.append();
    cloud.turn({ kind: "leave", planned: true });
    expect(cloud.left).toBe(false);
    while (cloud.deliver());
    expect([cloud.held, cloud.left]).toEqual([1, true]);
    while (cloud.deliver());
    expect(cloud.byes).toBe(1);
    cloud = new SimulatedCloud();
    connect();
    cloud.turn({ kind: "leave", planned: false });
    expect([cloud.left, cloud.up]).toEqual([true, []]);
  });

  it("leaving on purpose does not wait for a cloud that is silent", () => {
    connect();
    cloud.append();
    cloud.turn({ kind: "leave", planned: true });
    const before = cloud.nowMs;
    while (!cloud.left) cloud.pass();
    expect(cloud.nowMs - before).toBeLessThanOrEqual(1_000);
  });
});

describe("how the link lasts", () => {
  it("waits longer after each failure, a minute at most, and only a stable connection makes it forget them", () => {
    cloud.random = 0.999;
    cloud.turn({ kind: "enrolled" });
    const delays: number[] = [];
    for (let i = 0; i < 9; i++) {
      cloud.answerDial(false);
      delays.push(Math.round((waited() ?? 0) / 1000));
      cloud.pass();
    }
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    cloud.answerDial(true);
    while (cloud.deliver());
    cloud.break();
    expect(waited()).toBeGreaterThan(59_000);
    cloud.pass();
    cloud.answerDial(true);
    while (cloud.deliver());
    cloud.nowMs += 60_000;
    cloud.break();
    expect(waited()).toBeLessThanOrEqual(1_000);
  });

  it("chance spreads a thousand hosts over the whole wait", () => {
    cloud.random = 0;
    cloud.turn({ kind: "enrolled" });
    cloud.answerDial(false);
    expect(waited()).toBe(0);
  });

  it("a heartbeat without an answer within 10 s ends the connection, whatever the system says", () => {
    connect();
    const before = cloud.nowMs;
    cloud.pass();
    expect(cloud.up).toEqual([{ type: "ping" }]);
    expect(cloud.nowMs - before).toBe(30_000);
    cloud.pass();
    expect(cloud.nowMs - before).toBe(40_000);
    expect(cloud.up).toBeNull();
    expect(cloud.state.lastError).toContain("no answer to a heartbeat within 10 s");
  });

  it("heartbeats that are answered keep it, day after day", () => {
    connect();
    const before = cloud.nowMs;
    while (cloud.nowMs - before < 86_400_000) {
      cloud.pass();
      while (cloud.deliver());
    }
    expect(cloud.dials).toEqual(["socket"]);
  });

  it("the log tells of the same fault once, and again after it was connected", () => {
    cloud.turn({ kind: "enrolled" });
    const told = () => cloud.said.filter((text) => text.startsWith("no link")).length;
    for (let i = 0; i < 9; i++) {
      cloud.answerDial(false);
      cloud.pass();
    }
    expect(told()).toBe(1);
    cloud.answerDial(true);
    while (cloud.deliver());
    cloud.break();
    cloud.pass();
    cloud.answerDial(false);
    expect(told()).toBe(3);
    expect(cloud.state.history.map(({ outcome, times }) => [outcome, times])).toEqual([
      ["lost", 3],
      ["lost", 1],
      ["lost", 1],
      ["lost", 1],
      ["lost", 1],
      ["lost", 1],
      ["lost", 1],
      ["connected", 1],
      ["lost", 1],
      ["lost", 1],
    ]);
  });

  it("hello said again on a connection is not another connection: it stands since it was made", () => {
    connect();
    const sinceMs = cloud.nowMs;
    cloud.nowMs += 7_000;
    cloud.turn({ kind: "edited" });
    while (cloud.deliver());
    expect(cloud.state.phase).toMatchObject({ kind: "connected", sinceMs });
    expect(cloud.state.history).toHaveLength(1);
  });

  it("beats at its own place in the beat of the fleet, wherever its connection began", () => {
    cloud.nowMs += 12_345;
    cloud.turn({ kind: "enrolled", place: 0.25 });
    cloud.answerDial(true);
    while (cloud.deliver());
    const beats: number[] = [];
    while (beats.length < 3) {
      cloud.pass();
      if (cloud.up?.some(({ type }) => type === "ping")) beats.push(cloud.nowMs % 30_000);
      while (cloud.deliver());
    }
    expect(beats).toEqual([7_500, 7_500, 7_500]);
  });

  it.each([
    ["unauthorized", "revoked", 15],
    ["too-old", "too-old", 15],
    ["in-use-elsewhere", "in-use-elsewhere", 5 / 6],
  ] as const)(
    "told %s, it waits as %s, seldom asks again (first after %s minutes), and at once when enrolled anew",
    (code, kind, minutes) => {
      connect();
      cloud.tell({ type: "error", code, text: "the cloud's words" });
      cloud.deliver();
      expect(cloud.state.phase).toMatchObject({ kind: "waiting", refused: kind });
      expect(waited()).toBeGreaterThanOrEqual(minutes * 60_000);
      expect(waited()).toBeLessThan(minutes * 60_000 * 1.1);
      cloud.turn({ kind: "enrolled" });
      expect(cloud.state.phase.kind).toBe("dialing");
    },
  );

  it("told that another machine is there, looks first whether it was itself before a reset, then every 5 minutes", () => {
    connect();
    const delays: number[] = [];
    for (let i = 0; i < 3; i++) {
      cloud.tell({ type: "error", code: "in-use-elsewhere", text: "enrol this one" });
      cloud.deliver();
      delays.push(waited() ?? 0);
      cloud.pass();
      cloud.answerDial(true);
    }
    expect(delays.map((ms) => Math.floor(ms / 50_000) * 50)).toEqual([50, 300, 300]);
  });

  it("a cloud that asks for hello again and again is hung up on, not answered for ever", () => {
    connect();
    for (let i = 0; i < 5 && cloud.up !== null; i++) {
      cloud.tell({ type: "error", code: "hello-first", text: "" });
      while (cloud.deliver());
    }
    expect(cloud.up).toBeNull();
  });

  it("a host that is not as it said says hello again, on the same connection, and goes on", () => {
    connect();
    const { phase } = cloud.state;
    const { effects } = step(
      cloud.state,
      { kind: "edited" },
      { nowMs: cloud.nowMs, random: 0, firstSeq: 1, lastSeq: 1, beganSeq: 0 },
    );
    expect(phase.kind).toBe("connected");
    expect(effects).toEqual([{ kind: "hello" }]);
    cloud.turn({ kind: "edited" });
    while (cloud.deliver());
    expect(cloud.state.phase.kind).toBe("connected");
  });

  it("where nobody is connected, a host that is not as it said has nobody to tell", () => {
    const { effects } = step(
      initialLink(""),
      { kind: "edited" },
      { nowMs: 0, random: 0, firstSeq: 0, lastSeq: 0, beganSeq: 0 },
    );
    expect(effects).toEqual([]);
  });

  it("a cloud that says nothing to hello is given up on", () => {
    cloud.turn({ kind: "enrolled" });
    cloud.answerDial(true);
    const before = cloud.nowMs;
    cloud.pass();
    expect(cloud.nowMs - before).toBe(20_000);
    expect(cloud.state.phase.kind).toBe("waiting");
  });
});
