import { describe, expect, it } from "vitest";
import { explain, type Explanation } from "../src/core/explanation/explanation.ts";
import type { ServiceSpec } from "../src/spec.ts";
import { closed, DrivenService, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";
import { backend } from "./service-spec.ts";

const up = (changes: Partial<ServiceSpec> = {}) => new DrivenService(backend(changes)).begin();
const explained = (service: DrivenService) => explain(service.state, service.spec, service.nowMs);
const codes = (lines: { code: string }[]) => lines.map(({ code }) => code);
const textOf = (lines: { code: string; text: string }[], code: string) =>
  lines.find((line) => line.code === code)?.text;
const by = { name: "anna", via: "host" } as const;

/** What is said of each part, for a row of the table. */
function row(explanation: Explanation) {
  const { reasonCode, seen, record, conditions, next } = explanation;
  return {
    reasonCode,
    seen: codes(seen),
    record: codes(record),
    conditions: codes(conditions),
    next: codes(next),
  };
}

describe("a running service is explained by what was seen", () => {
  it("healthy: the answer, the port and whose it is, what would restart it", () => {
    const service = up();
    service.pass(20_000).probe({ kind: "ok", status: 200, ms: 3 });
    service.pass(2000);
    expect(explained(service)).toMatchObject({
      headline: "healthy for 2 s: the endpoint answered 200 in 3 ms",
      seen: [
        { text: "Pid 101 has run for 22 s." },
        { text: "2 s ago GET /health → 200 in 3 ms." },
        { text: "Port 5001 listened, its own." },
      ],
      record: [
        { text: "GET /health is proven: it last answered 2 s ago." },
        { text: "Port 5001 is proven: last seen open 2 s ago; it opened 20 s after its start." },
      ],
      restarts: [
        { text: "It was never restarted." },
        { text: "Unplanned: 0 of 4 in 5 min, 0 of 8 in 1 h, 0 of 20 in 1 d; 4 more are a restart loop." },
      ],
      conditions: [
        { text: "It ends, in whatever way: it is started again at once." },
        { text: "3 probes in a row find port 5001 closed." },
        { text: "Never for GET /health: `restart_on: closed` restarts for a closed port only." },
      ],
      next: [{ text: "The next probe comes within 8 s; there is one every 10 s." }],
    });
  });

  it("unproven endpoint: nothing it does restarts anything", () => {
    const service = up();
    service.watch(120_000, notFound);
    const explanation = explained(service);
    expect(row(explanation)).toEqual({
      reasonCode: "unproven-endpoint",
      seen: ["process", "endpoint", "port"],
      record: ["endpoint-unproven", "latency", "port-proven"],
      conditions: ["exit", "port-closed", "never-endpoint"],
      next: ["probe"],
    });
    expect(textOf(explanation.record, "endpoint-unproven")).toBe(
      "GET /health is unproven: it never answered as it should; it has failed since 12:00, 12 failures in a row.",
    );
    expect(textOf(explanation.conditions, "never-endpoint")).toBe(
      "Never for GET /health: what never answered proves nothing.",
    );
  });

  it("regressed endpoint, each restart_on: never, for time-outs only, for any failure", () => {
    const conditions = (["closed", "hung", "failing"] as const).map((restartOn) => {
      const service = up({ check: { ...backend().check, restartOn } });
      service.pass(10_000).probe(ok);
      service.pass(10_000).probe(timedOut);
      expect(explained(service).reasonCode).toBe("regressed-endpoint");
      return explained(service).conditions.slice(2);
    });
    expect(conditions).toEqual([
      [
        {
          code: "never-endpoint",
          text: "Never for GET /health: `restart_on: closed` restarts for a closed port only.",
        },
      ],
      [
        {
          code: "endpoint-hangs",
          failures: 2,
          fromMs: null,
          text: "2 more probes in a row of GET /health time out while its port listens.",
        },
        {
          code: "never-other-failure",
          text: "Never for another failure of GET /health than a time-out (`restart_on: hung`).",
        },
      ],
      [
        {
          code: "endpoint-fails",
          failures: 2,
          fromMs: null,
          text: "2 more probes in a row of GET /health fail while its port listens.",
        },
      ],
    ]);
  });

  it("how slow its answers are: half of them, 95 of a hundred, the slowest", () => {
    const service = up();
    for (const ms of [3, 5, 40]) service.probe({ kind: "ok", status: 200, ms });
    expect(textOf(explained(service).record, "latency")).toBe(
      "Of its last 3 answers half took 5 ms or less, 95 % 40 ms, the slowest 40 ms.",
    );
  });

  it("unproven port: where its processes listen, and that it restarts nothing", () => {
    const service = up({ endpoint: null });
    service.pass(10_000).probe(null, [closed(5001)], [5010]);
    const explanation = explained(service);
    expect(row(explanation)).toMatchObject({
      reasonCode: "unproven-port",
      record: ["port-unproven"],
      conditions: ["exit", "never-port"],
    });
    expect(textOf(explanation.seen, "elsewhere")).toBe("Its processes listened on 5010.");
  });

  it("a port that was open and is closed: how many more probes, counted down", () => {
    const service = up();
    service.pass(20_000).probe(ok);
    service.pass(10_000).probe({ kind: "refused", detail: "", ms: 0 }, [closed(5001)]);
    expect(explained(service).conditions[1]?.text).toBe("2 more probes in a row find port 5001 closed.");
    service.pass(10_000).probe({ kind: "refused", detail: "", ms: 0 }, [closed(5001)]);
    expect(explained(service).conditions[1]?.text).toBe("One more probe finds port 5001 closed.");
  });

  it("a port that is slow to open: how long it may still take", () => {
    const service = up({ endpoint: null });
    service.probe(null);
    service.exit();
    service
      .spawned()
      .pass(60_000)
      .probe(null, [closed(5001)]);
    const explanation = explained(service);
    expect(explanation.reasonCode).toBe("port-opening");
    expect(textOf(explanation.next, "start-timeout")).toBe("Its port may take 4 min more to open (`start_timeout`).");
    expect(textOf(explanation.conditions, "port-closed")).toBe(
      "3 probes in a row find port 5001 closed, those of the next 4 min not counted.",
    );
  });

  it("in its start period: from when failures count", () => {
    const service = up();
    service.pass(4000).probe(notFound, [closed(5001)]);
    expect(textOf(explained(service).next, "start-period")).toBe("Failures begin to count in 6 s (`start_period`).");
  });

  it("a stranger on its port: who it is, and that a restart would not help", () => {
    const service = up();
    service.probe(ok);
    service.pass(10_000).probe(notFound, [foreign(5001)]);
    const explanation = explained(service);
    expect(row(explanation)).toMatchObject({
      reasonCode: "port-conflict",
      conditions: ["exit", "port-closed", "never-port", "never-endpoint"],
    });
    expect(textOf(explanation.seen, "port")).toBe("Port 5001 was held by pid 77 (squatter), which is none of its own.");
  });

  it("a stranger that answers proves nothing of it", () => {
    const service = up();
    service.probe(ok, [foreign(5001)]);
    expect(row(explained(service))).toMatchObject({
      reasonCode: "foreign-answer",
      record: ["endpoint-unproven", "port-unproven"],
      conditions: ["exit", "never-port", "never-endpoint"],
    });
  });

  it("one of two ports missing, and a port whose owner the system does not tell", () => {
    const service = up({ endpoint: null, ports: [5001, 5002] });
    service.probe(null, [{ port: 5001, kind: "listening", owner: "unknown" }, closed(5002)]);
    const explanation = explained(service);
    expect(explanation.reasonCode).toBe("port-missing");
    expect(explanation.seen.map(({ text }) => text)).toEqual([
      "Pid 101 has run for 0 s.",
      "Just now port 5001 listened; whose it is, the system does not tell.",
      "Port 5002 was closed.",
    ]);
    expect(textOf(explanation.conditions, "port-closed")).toBe(
      "3 probes in a row find all of ports 5001, 5002 closed.",
    );
  });

  it("a service that fails while what it needs is not there: nothing is its own fault", () => {
    const service = up({ dependsOn: { db: "healthy" }, check: { ...backend().check, restartOn: "failing" } });
    service.send({ kind: "dependencies", unmet: [] });
    service.spawned().pass(20_000).probe(ok);
    const unmet = { service: "db", condition: "healthy" as const, why: "is down (exited with code 1)" };
    service.send({ kind: "dependencies", unmet: [unmet] });
    service.pass(10_000).probe(notFound);
    const explanation = explained(service);
    expect(row(explanation)).toMatchObject({
      reasonCode: "dependency-failing",
      conditions: ["exit", "never-health"],
      next: ["probe", "dependency"],
    });
    expect(explanation.conditions.map(({ text }) => text)).toEqual([
      "It ends, in whatever way: then it waits for db, which is down (exited with code 1), and is started when that is there.",
      "Never for its health while db is down (exited with code 1): that is not its own fault.",
    ]);
  });

  it("planned restarts: by the clock, for changed files, and not for files that it writes itself", () => {
    const follow = { paths: ["/srv/src"], ignore: [], debounceMs: 500 };
    const service = up({ schedule: { cron: "0 4 * * *", timezone: "Europe/Vienna" }, follow });
    expect(explained(service).conditions.slice(-2)).toEqual([
      { code: "schedule", text: "The clock says `0 4 * * *` in Europe/Vienna: that is planned." },
      { code: "change", text: "A file of /srv/src changes: that is planned." },
    ]);
    for (let i = 0; i < 6; i++) {
      service.send({ kind: "planned", by: "change", why: "src/a.ts changed" });
      if (service.state.life.kind === "stopping") service.gone();
    }
    expect(codes(explained(service).conditions)).toContain("never-change");
    expect(codes(explained(service).conditions)).not.toContain("change");
  });

  it("a job by the clock that has ended: when it starts again", () => {
    const job = up({ restart: "never", schedule: { cron: "@daily", timezone: null }, endpoint: null, ports: [] });
    expect(textOf(explained(job).conditions, "schedule")).toBe(
      "The clock says `@daily`, if it has ended by then: that is planned.",
    );
    job.exit({ code: 0 });
    expect(explained(job)).toMatchObject({
      conditions: [{ code: "schedule" }],
      next: [
        { text: "It starts again when the clock says `@daily`, or when a person writes: afloat start aurora-backend" },
      ],
    });
  });

  it("port only, process only, and not probed yet", () => {
    const portOnly = up({ endpoint: null });
    portOnly.probe(null);
    expect(row(explained(portOnly))).toMatchObject({ reasonCode: "port-only", conditions: ["exit", "port-closed"] });
    const processOnly = up({ endpoint: null, ports: [] });
    expect(row(explained(processOnly))).toEqual({
      reasonCode: "process-only",
      seen: ["process", "nothing-to-probe"],
      record: [],
      conditions: ["exit", "never-health"],
      next: [],
    });
    expect(row(explained(up()))).toMatchObject({ seen: ["process", "not-probed"], next: ["probe", "start-period"] });
  });

  it("an endpoint that crashes the service: once it is a warning, twice it is called no more", () => {
    const service = up();
    service.pass(20_000).probe(ok);
    service.exit({ code: 1 }, { probing: true });
    service.spawned().probe(ok);
    expect(codes(explained(service).record)).toEqual(["endpoint-proven", "latency", "crashed-once", "port-proven"]);
    service.exit({ code: 1 }, { probing: true });
    service.pass(2000).spawned().probe(null);
    const explanation = explained(service);
    expect(codes(explanation.record)).toEqual(["retired", "port-proven"]);
    expect(textOf(explanation.conditions, "never-endpoint")).toBe("Never for GET /health: it is called no more.");
    expect(codes(explanation.next)).toContain("recheck");
  });
});

describe("a service that does not run is explained by what it waits for", () => {
  it("a dependency: which, and why it is not there", () => {
    const service = new DrivenService(backend({ dependsOn: { db: "healthy" } }));
    service.begin();
    const unmet = { service: "db", condition: "healthy" as const, why: "is down (exited with code 1)" };
    service.send({ kind: "dependencies", unmet: [unmet] });
    expect(explained(service)).toMatchObject({
      reasonCode: "dependency",
      conditions: [{ code: "already" }],
      next: [{ text: "It is started as soon as db is healthy or degraded. Now it is down (exited with code 1)." }],
    });
  });

  it("a pause: by whom, and the command that ends it", () => {
    const service = up();
    service.send({ kind: "asked", verb: "pause", by });
    service.gone();
    expect(explained(service)).toMatchObject({
      reasonCode: "paused-by-person",
      conditions: [{ code: "never", text: "Nothing restarts it: it is paused." }],
      next: [{ text: "It stays paused (by anna, 12:00) until a person writes: afloat resume aurora-backend" }],
    });
  });

  it("backoff: when the next start is tried, which attempt, and that it never ends", () => {
    const service = up();
    service.exit();
    service.spawned().exit();
    expect(explained(service)).toMatchObject({
      reasonCode: "exited",
      seen: [{ text: "No process runs." }, { text: "Its last end, at 12:00: exited with code 1 after 0 s." }],
      conditions: [{ code: "already" }],
      next: [{ text: "The next start is tried in 1.5 s. It is tried for ever, at most 5 min apart." }],
    });
    expect(textOf(explained(service).restarts, "backoff")).toBe(
      "Its next start is attempt 2; it begins anew after 1 min up and not failing.",
    );
  });

  it("an end after a stable run is followed by a start at once, one before it by backoff", () => {
    const service = up();
    service.exit();
    service.spawned().exit();
    service.pass(1500).spawned();
    service.nowMs += 59_999;
    expect(textOf(explained(service).conditions, "exit")).toBe(
      "It ends, in whatever way: it is started again after 1 s to 4 s.",
    );
    service.nowMs += 1;
    expect(textOf(explained(service).conditions, "exit")).toBe(
      "It ends, in whatever way: it is started again at once.",
    );
  });

  it("a command that cannot start: what the system said", () => {
    const service = new DrivenService(backend());
    service.send({ kind: "began", found: null, seenMs: null, chance: 0 });
    service.send({ kind: "spawn-failed", spawn: 1, error: "ENOENT", chance: 0 });
    expect(explained(service)).toMatchObject({
      reasonCode: "cannot-start",
      seen: [{ text: "It cannot be started: ENOENT." }],
      next: [{ code: "backoff" }],
    });
  });

  it("an end with success, and an end under restart: never: only a person starts it again", () => {
    const job = up({ restart: "on-failure" });
    expect(codes(explained(job).conditions)).toEqual(["exit", "never-success", "never-port", "never-endpoint"]);
    job.exit({ code: 0 });
    expect(explained(job)).toMatchObject({
      reasonCode: "exit-success",
      conditions: [{ code: "never" }],
      next: [{ text: "It starts again when a person writes: afloat start aurora-backend" }],
    });
    const once = up({ restart: "never" });
    expect(codes(explained(once).conditions)).toContain("never-exit");
    once.exit({ code: 2 });
    expect(row(explained(once))).toMatchObject({ reasonCode: "exited", conditions: ["never"], next: ["person"] });
  });

  it("stopped with its agent, and being stopped", () => {
    const service = up();
    service.send({ kind: "shutdown" });
    expect(row(explained(service))).toMatchObject({ conditions: ["never"], next: ["stopping"] });
    service.gone();
    expect(row(explained(service))).toMatchObject({
      reasonCode: "shut-down",
      conditions: ["never"],
      next: ["next-agent"],
    });
    const restarted = up();
    restarted.send({ kind: "asked", verb: "restart", by });
    expect(explained(restarted).next[0]?.text).toBe(
      "It is ended by force in 10 s if it does not end by itself; then it is started again.",
    );
    restarted.send({ kind: "gone", spawn: 1, chance: 0 });
    expect(row(explained(restarted))).toMatchObject({ conditions: ["already"], next: ["starting"] });
  });
});

describe("loops and breakers are explained by how they end", () => {
  it("an open loop: its cause, and how much uptime ends it", () => {
    const service = up({ backoff: { minMs: 1000, maxMs: 1000, stableAfterMs: 60_000 } });
    for (let i = 0; i < 4; i++) {
      service.exit();
      service.pass(1000).spawned();
    }
    const explanation = explained(service);
    expect(explanation.headline).toMatch(/^restart loop for /);
    expect(textOf(explanation.restarts, "loop")).toBe(
      "A restart loop since 12:00: 4 restarts in 3 s, exits with code 1 within 0.1 s of every start.",
    );
    expect(textOf(explanation.next, "loop-end")).toBe(
      "The loop is over after 1 min of uptime without a break: in 1 min, if it stays up.",
    );
    const forEver = "It is tried for ever, at most 1 s apart";
    expect(textOf(explanation.next, "for-ever"), "up").toBe(`${forEver}, however often it ends.`);
    service.exit();
    expect(textOf(explained(service).next, "backoff"), "between two starts").toContain(`${forEver}.`);
  });

  it("health restarts that did not cure: none follow, and what changes that", () => {
    const service = up({ endpoint: null });
    for (let i = 0; i < 4; i++) {
      service.pass(10_000).probe(null);
      service.watch(30_000, null, [closed(5001)]);
      if (service.state.life.kind === "stopping") service.gone();
      service.pass(30_000).spawned();
    }
    const explanation = explained(service);
    expect(textOf(explanation.restarts, "futile")).toBe("Health restarts have stopped: 3 in a row did not cure it.");
    expect(codes(explanation.conditions)).toEqual(["exit", "never-health"]);
    expect(codes(explanation.next)).toContain("cure");
    expect(textOf(explanation.next, "loop-end")).toBe("The loop is over when its check has passed for 1 min in a row.");
  });

  it("two ports are named together, own and closed alike", () => {
    const service = up({ endpoint: null, ports: [5001, 5002] });
    service.probe(null, [own(5001), own(5002)]);
    expect(textOf(explained(service).record, "port-proven")).toMatch(/^Ports 5001, 5002 are proven/);
  });
});
