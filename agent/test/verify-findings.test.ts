import type { ServiceSnapshot } from "@afloat/shared/domain";
import { describe, expect, it } from "vitest";
import { findingsOf } from "../src/verify/core/findings.ts";
import { Watch } from "../src/verify/core/watch.ts";
import { type Report, reportJson, reportLines } from "../src/verify/report.ts";

/** What a watch finds, from what it saw: no agent, no clock. */

const healthy: ServiceSnapshot = {
  ...{ name: "web", desired: "run", paused: null, state: "up", verdict: "healthy", reasonCode: "endpoint-ok" },
  ...{ reason: "the endpoint answered 200 in 3 ms", sinceMs: 0, pid: 100, port: 5001, restarts: 2, upSinceMs: 0 },
  ...{ nextTryMs: null, loop: null, lastExit: null, diagnosis: null },
  endpoint: { what: "GET /health", proven: true, lastOkMs: 0, last: "200", lastMs: 3, retired: false },
};
const regressed: ServiceSnapshot = {
  ...healthy,
  verdict: "degraded",
  reasonCode: "regressed-endpoint",
  reason: "GET /health → 500",
};
const down: ServiceSnapshot = {
  ...healthy,
  ...{ state: "backoff", verdict: "down", reasonCode: "exited", reason: "exited with code 1 after 3 s", pid: null },
  restarts: 3,
  lastExit: { code: 1, signal: null, atMs: 0, ranMs: 3000 },
};

/** The service as it was seen, a second between two looks. */
function seen(...snapshots: ServiceSnapshot[]): Watch {
  const watch = new Watch(null);
  snapshots.forEach((snapshot, i) => watch.status(1, [snapshot], i * 1000));
  return watch;
}
const codesOf = (watch: Watch) => findingsOf(watch).findings.map(({ level, code }) => `${level}: ${code}`);
const textOf = (watch: Watch) => findingsOf(watch).findings.map(({ what }) => what);

describe("a watch finds", () => {
  it("nothing where everything is well and stays so, also an end as it should be", () => {
    expect(codesOf(seen(healthy, healthy))).toEqual([]);
    expect(codesOf(seen({ ...healthy, state: "completed", verdict: "completed", pid: null }))).toEqual([]);
  });

  it("nothing against a service that was still starting when it began, and is up at the end", () => {
    expect(codesOf(seen({ ...healthy, verdict: "starting", pid: null }, healthy))).toEqual([]);
    expect(codesOf(seen({ ...healthy, state: "waiting", verdict: "waiting", pid: null }, healthy))).toEqual([]);
  });

  it("what is still starting or waiting at the end", () => {
    const starting: ServiceSnapshot = {
      ...healthy,
      verdict: "starting",
      reasonCode: "port-opening",
      reason: "not yet",
    };
    expect(textOf(seen(starting))).toEqual(["is not up at the end: not yet"]);
    const waiting: ServiceSnapshot = { ...healthy, state: "waiting", verdict: "waiting", pid: null };
    expect(codesOf(seen(waiting))).toEqual(["failure: not-up"]);
  });

  it("a service that ran and had to wait for another again", () => {
    const waiting: ServiceSnapshot = {
      ...healthy,
      ...{ state: "waiting", verdict: "waiting", reasonCode: "dependency", reason: "waits for db", pid: null },
    };
    expect(textOf(seen(healthy, waiting, { ...healthy, pid: 101 }))).toEqual([
      "was waiting for 1 s: waits for db; now it is healthy",
    ]);
    expect(codesOf(seen(healthy, waiting))).toEqual(["failure: state"]);
  });

  it("a short time of failing, how long it was, and how often", () => {
    expect(textOf(seen(healthy, regressed, healthy))).toEqual([
      "was degraded for 1 s: GET /health → 500; now it is healthy",
    ]);
    expect(textOf(seen(healthy, regressed, regressed, healthy, regressed, healthy))).toEqual([
      "was degraded for 3 s, twice: GET /health → 500; now it is healthy",
    ]);
    expect(findingsOf(seen(healthy, regressed, healthy)).findings[0]).toMatchObject({
      level: "warning",
      runbook: "regressed-endpoint",
    });
  });

  it("what is not well at the end: whether it was so before, or became so", () => {
    expect(textOf(seen(regressed, regressed))).toEqual(["is degraded: GET /health → 500"]);
    expect(textOf(seen(healthy, regressed))).toEqual(["became degraded: GET /health → 500"]);
    expect(codesOf(seen(healthy, down))).toEqual(["failure: restarted", "failure: state"]);
  });

  it("the line to write where the diagnosis knows one", () => {
    const diagnosis = {
      code: "wrong-path" as const,
      what: "",
      proof: "",
      write: "health: /healthz",
      where: "a.yaml:3",
    };
    const watch = seen({ ...regressed, diagnosis });
    expect(textOf(watch)[0]).toContain("; write `health: /healthz` in a.yaml:3");
    expect(findingsOf(watch).findings[0]?.runbook).toBe("wrong-path");
  });

  it("restarts, counted from where the counter stood, with how it ended; one finding, not two", () => {
    const again: ServiceSnapshot = { ...healthy, restarts: 3, pid: 101, lastExit: down.lastExit };
    expect(textOf(seen(healthy, down, again))).toEqual([
      "was restarted while it was watched; last it exited with code 1",
    ]);
    expect(textOf(seen(healthy, { ...again, restarts: 4 }))[0]).toContain("was restarted twice");
  });

  it("a restart though the counter was set back meanwhile", () => {
    const watch = seen(healthy, { ...healthy, restarts: 0 }, { ...healthy, restarts: 1, pid: 101 });
    expect(watch.services.get("web")?.restarts).toBe(1);
    expect(codesOf(seen(healthy, { ...healthy, restarts: 0 }))).toEqual([]);
  });

  it("another process without a restart that was counted; not one after a pause", () => {
    expect(codesOf(seen(healthy, { ...healthy, pid: 101 }))).toEqual(["failure: replaced"]);
    const paused: ServiceSnapshot = { ...healthy, state: "paused", verdict: "paused", pid: null };
    expect(codesOf(seen(healthy, paused, { ...healthy, pid: 101 }))).toEqual(["failure: was"]);
  });

  it("a restart loop that is open, and one that is over", () => {
    const loop = {
      ...{ openedMs: 500, closedMs: null, restarts: 4, spanMs: 1, withinMs: 1, longestGapMs: 1 },
      cause: { code: "exit-code" as const, text: "exits with code 1" },
    };
    expect(codesOf(seen(healthy, { ...healthy, loop }))).toEqual(["failure: loop"]);
    expect(codesOf(seen({ ...down, loop }))).toEqual(["failure: loop"]);
    expect(textOf(seen(healthy, { ...healthy, loop }, healthy))).toEqual(["was in a restart loop, which is over now"]);
  });

  it("a service that is configured no more, and one that came meanwhile is watched, too", () => {
    const watch = seen(healthy);
    watch.status(1, [{ ...down, name: "new" }], 1000);
    expect(findingsOf(watch).findings.map(({ service, code }) => `${service} ${code}`)).toEqual([
      "web unknown",
      "new state",
    ]);
  });

  it("an agent that ended, that came back as another, that did not answer for a while", () => {
    const gone = seen(healthy);
    gone.agentGone();
    gone.agentGone();
    expect(textOf(gone)[0]).toContain("the agent is gone");
    const back = seen(healthy);
    back.agentGone();
    back.status(2, [healthy], 5000);
    expect(textOf(back)).toEqual(["the agent was started anew while it watched (pid 1, then 2); see its agent.log"]);
    const slow = seen(healthy);
    slow.agentGone();
    slow.status(1, [healthy], 5000);
    expect(textOf(slow)).toEqual(["the agent did not answer for a while"]);
  });

  it("a call that failed, at the end only or both times; once where the verdict tells it already", () => {
    const call = (when: "beginning" | "end", ok: boolean) => ({
      ...{ when, ok, asked: "GET http://localhost:5001/health", answer: ok ? "200" : "500", tookMs: 40 },
    });
    const watch = seen(healthy);
    watch.called("web", call("beginning", true));
    watch.called("web", call("end", false));
    expect(textOf(watch)).toEqual(["GET http://localhost:5001/health → 500, at the end of the watch only"]);
    expect(watch.services.get("web")?.slowestMs).toBe(40);
    const both = seen(healthy);
    both.called("web", call("beginning", false));
    both.called("web", call("end", false));
    expect(textOf(both)).toEqual(["GET http://localhost:5001/health → 500"]);
    const told = seen(regressed);
    told.called("web", call("beginning", false));
    expect(codesOf(told)).toEqual(["warning: state"]);
  });

  it("an endpoint that is called no more", () => {
    const endpoint = healthy.endpoint === null ? null : { ...healthy.endpoint, retired: true };
    expect(codesOf(seen({ ...healthy, reasonCode: "port-only", endpoint }))).toEqual(["warning: retired"]);
  });
});

describe("lines of output", () => {
  it("that look like errors are notes, a few of them, and fail nothing", () => {
    const watch = seen(healthy);
    for (const text of ["all well", "ERROR: boom", "terror is a word", "no errors", "out of memory", "Traceback (most"])
      watch.line("web", text);
    for (let i = 0; i < 100; i++) watch.line("web", `fatal ${i}`);
    const { findings, notes } = findingsOf(watch);
    expect(findings).toEqual([]);
    expect(notes).toMatchObject([{ service: "web", count: 103, samples: { length: 5 } }]);
    expect(watch.services.get("web")?.written).toBe(106);
  });

  it("that must not be are a finding", () => {
    const watch = new Watch(/WARN/u);
    watch.status(1, [healthy], 0);
    watch.line("web", "WARN disk is full");
    watch.line("web", "warn is fine");
    expect(textOf(watch)).toEqual(["wrote a line that must not be: WARN disk is full"]);
    expect(codesOf(watch)).toEqual(["failure: log"]);
  });
});

describe("the report", () => {
  const reportOf = (watch: Watch, more: Partial<Report> = {}): Report => ({
    ...{ ok: true, complete: true, watchedMs: 60_000, watch, faults: [] },
    ...findingsOf(watch),
    ...more,
  });

  it("is a table, findings, and one sentence that counts them, in 80 columns", () => {
    const watch = seen(healthy, { ...down, reason: `${"very ".repeat(30)}long` });
    watch.line("web", `ERROR ${"x".repeat(200)}`);
    const lines = reportLines(reportOf(watch, { ok: false }));
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(lines[1]).toMatch(/^■ web {6}down {10}1 {9}– {15}1$/);
    expect(lines.at(-1)).toBe("Not well: 2 findings in 1 of 1 service, watched for 1 min.");
    expect(reportLines(reportOf(seen(healthy))).at(-1)).toBe("● 1 service is up and stayed up, watched for 1 min.");
  });

  it("of a watch that was broken off says so, and what was found until then", () => {
    const lines = reportLines(reportOf(seen(healthy), { complete: false, watchedMs: 12_000 }));
    expect(lines.at(-1)).toBe("Broken off, watched for 12 s: nothing was found until then.");
  });

  it("is the same for machines", () => {
    const watch = seen(healthy);
    expect(JSON.parse(JSON.stringify(reportJson(reportOf(watch))))).toMatchObject({
      ok: true,
      complete: true,
      watchedMs: 60_000,
      services: 1,
      watched: [{ service: "web", verdict: "healthy", restarts: 0, lines: 0, errorLike: 0, calls: [] }],
      findings: [],
      notes: [],
    });
  });
});
