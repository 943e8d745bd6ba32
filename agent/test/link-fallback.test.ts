import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { SimulatedCloud } from "./simulated-cloud.ts";

let cloud: SimulatedCloud;
beforeEach(() => {
  cloud = new SimulatedCloud();
});

describe("where sockets do not pass", () => {
  it("whenever they pass and whenever they do not: every event is recorded at last, in order, by whichever way", () => {
    const move = fc.constantFrom(
      "append",
      "deliver",
      "pass",
      "pass",
      "record",
      "break",
      "sockets-pass",
      "sockets-fail",
    );
    let [bySocket, byHttp] = [0, 0];
    fc.assert(
      fc.property(fc.array(move, { maxLength: 300, size: "max" }), (moves) => {
        const cloud = new SimulatedCloud();
        let passes = false;
        const answer = () => {
          const via = cloud.dials.at(-1);
          const succeeds = via === "http" || passes;
          if (!cloud.answerDial(succeeds) || !succeeds) return;
          if (via === "http") byHttp++;
          else bySocket++;
        };
        cloud.turn({ kind: "enrolled" });
        for (const each of moves) {
          answer();
          if (each === "append") cloud.append();
          else if (each === "deliver") cloud.deliver();
          else if (each === "pass") cloud.pass();
          else if (each === "record") cloud.record();
          else if (each === "break") cloud.break();
          else passes = each === "sockets-pass";
          expect(cloud.forgotten).toBeLessThanOrEqual(cloud.recorded);
        }
        cloud.append();
        cloud.settle();
        expect([cloud.recorded, cloud.forgotten]).toEqual([cloud.lastSeq, cloud.lastSeq]);
      }),
      { numRuns: 200 },
    );
    // Both ways were gone, often.
    expect(Math.min(bySocket, byHttp)).toBeGreaterThan(100);
  });

  it.each([
    ["lost", "by HTTP, too"],
    ["moved", "by socket alone"],
  ] as const)("a host whose connections are %s again and again speaks %s", (kind, how) => {
    cloud.turn({ kind: "enrolled" });
    for (let i = 0; i < 4; i++) {
      while (!cloud.answerDial(true)) cloud.pass();
      cloud.break(kind);
    }
    expect(cloud.dials.includes("http")).toBe(how === "by HTTP, too");
  });

  it("where sockets never pass, speaks HTTP, and looks for a socket ever more seldom, every 10 min at last", () => {
    cloud.turn({ kind: "enrolled" });
    const trials: number[] = [];
    while (trials.length < 8) {
      const via = cloud.dials.at(-1);
      if (cloud.answerDial(via === "http")) {
        while (cloud.deliver());
        if (via === "socket" && cloud.dials.length > 4) trials.push(cloud.nowMs);
        continue;
      }
      cloud.pass();
      while (cloud.deliver());
    }
    expect(cloud.dials.slice(0, 5)).toEqual(["socket", "socket", "socket", "http", "socket"]);
    const gaps = trials.slice(1).map((ms, i) => ms - (trials[i] ?? 0));
    expect(gaps).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000, 600_000]);
  });

  it("sockets that are let in and cut again and again are given up for HTTP, and looked for ever more seldom", () => {
    cloud.turn({ kind: "enrolled" });
    const cut: number[] = [];
    while (cut.length < 6) {
      const via = cloud.dials.at(-1);
      if (cloud.answerDial(true)) {
        while (cloud.deliver());
        if (via !== "socket") continue;
        // As a proxy does that cuts what idles.
        cut.push(cloud.nowMs);
        cloud.nowMs += 20_000;
        cloud.break();
        continue;
      }
      cloud.pass();
      while (cloud.deliver());
    }
    expect(cloud.dials.slice(0, 6)).toEqual(["socket", "socket", "socket", "http", "socket", "http"]);
    const gaps = cut.slice(3).map((ms, i) => ms - (cut[i + 2] ?? 0) - 20_000);
    expect(gaps[0]).toBeLessThan(35_000);
    expect(gaps.slice(1)).toEqual([60_000, 120_000]);
  });

  it("no wait between a socket that did not last and the HTTP that works", () => {
    cloud.turn({ kind: "enrolled" });
    for (let i = 0; i < 3; i++) {
      cloud.answerDial(false);
      cloud.pass();
    }
    cloud.answerDial(true);
    while (cloud.deliver());
    expect(cloud.said.at(-1)).toBe("connected to the cloud by HTTP, since by socket: refused");
    while (cloud.dials.at(-1) === "http") {
      cloud.pass();
      while (cloud.deliver());
    }
    cloud.answerDial(true);
    while (cloud.deliver());
    cloud.append();
    cloud.break();
    expect(cloud.state.phase).toMatchObject({ kind: "dialing", via: "http" });
    cloud.settle();
    expect(cloud.recorded).toBe(1);
  });

  it("after an outage that HTTP did not pass either, it is back by HTTP after one wait: within a minute", () => {
    cloud.random = 0.999;
    cloud.turn({ kind: "enrolled" });
    for (let i = 0; i < 3; i++) {
      cloud.answerDial(false);
      cloud.pass();
    }
    cloud.answerDial(true);
    while (cloud.deliver());
    cloud.nowMs += 100_000;
    cloud.break();
    const stands = () => cloud.state.phase.kind;
    for (let failures = 0; failures < 12;) {
      if (cloud.answerDial(false)) failures++;
      else cloud.pass();
    }
    while (stands() !== "waiting") cloud.answerDial(false);
    const backMs = cloud.nowMs;
    while (stands() !== "connected") {
      if (!cloud.answerDial(cloud.dials.at(-1) === "http")) cloud.pass();
      while (cloud.deliver());
    }
    expect(cloud.dials.at(-1)).toBe("http");
    expect(cloud.nowMs - backMs).toBeLessThanOrEqual(60_000);
  });

  it.each(["not-reached", "unknown-name", "certificate", "clock", "proxy-refused"] as const)(
    "%s is no reason to try HTTP: it would not go through either",
    (kind) => {
      cloud.turn({ kind: "enrolled" });
      for (let i = 0; i < 5; i++) {
        cloud.turn({ kind: "ended", how: { kind, why: "x" } });
        cloud.pass();
      }
      expect(new Set(cloud.dials)).toEqual(new Set(["socket"]));
    },
  );

  it("a socket that passes again is kept", () => {
    cloud.turn({ kind: "enrolled" });
    for (let i = 0; i < 3; i++) {
      cloud.answerDial(false);
      cloud.pass();
    }
    expect(cloud.dials.at(-1)).toBe("http");
    cloud.answerDial(true);
    while (cloud.deliver());
    while (cloud.dials.at(-1) === "http") {
      cloud.pass();
      while (cloud.deliver());
    }
    cloud.answerDial(true);
    while (cloud.deliver());
    cloud.nowMs += 100_000;
    cloud.break();
    cloud.pass();
    expect(cloud.dials.at(-1)).toBe("socket");
    expect(cloud.state).toMatchObject({ socketFailures: 0, trials: 0 });
  });
});
