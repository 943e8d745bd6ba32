import { describe, expect, test } from "vitest";
import { decideAlerts } from "../../src/alerts/core/decide-alerts.ts";
import { HOUR, incident, MINUTE, rule, START_MS, Watch } from "./alert-ground.ts";

/** `count` services of one host. */
const many = (kind: Parameters<typeof incident>[0], host: string, count: number) =>
  Array.from({ length: count }, (_, n) => incident(kind, host, `api-${n}`));

describe("silences", () => {
  const silence = {
    id: "s",
    match: { hosts: ["web-1"] },
    fromMs: START_MS,
    untilMs: START_MS + HOUR,
    reason: "new disks",
    byName: "Mara",
  };

  test("nobody is told meanwhile; of what still stands when it ends, everybody is", () => {
    const watch = new Watch({ silences: [silence] });
    const [gone, stands] = many("service-down", "web-1", 2);
    watch.open(gone!, stands!, incident("service-down", "web-2", "api"));
    watch.to(10 * MINUTE).close(gone!);
    watch.to(HOUR - 1);
    expect(watch.said()).toEqual(["opened: web-2 / api is down, and nothing will start it again: exited with code 2"]);
    watch.to(HOUR + 300);
    expect(watch.messages[1]).toMatchObject({ phase: "opened", incidents: [{ id: stands!.id }] });
    expect(watch.messages[1]?.lines).toContain(
      "It was held back until now, by the silence “new disks”; it stands still.",
    );
  });

  test("the end of what was told before is told when the silence is over", () => {
    const watch = new Watch();
    const down = incident("service-down", "web-1", "api");
    watch.open(down);
    watch.to(MINUTE).change({ silences: [silence] });
    watch.to(2 * MINUTE).close(down);
    expect(watch.to(HOUR - 1).messages).toHaveLength(1);
    expect(watch.to(HOUR + 300).messages[1]?.phase).toBe("closed");
  });

  test("one that is taken back early tells at once", () => {
    const watch = new Watch({ silences: [silence] });
    watch.open(incident("service-down", "web-1", "api"));
    watch.to(10 * MINUTE).change({ silences: [] });
    expect(watch.to(10 * MINUTE + 300).messages).toHaveLength(1);
  });

  test("one host's silence does not hide that twelve are silent", () => {
    const watch = new Watch({ silences: [silence] });
    const hosts = ["web-1", "web-2"].map((id) => ({ id, name: id }));
    const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
    const parts = { hosts, fell: 2, of: 2, fromMs: START_MS, toMs: START_MS };
    watch.open(incident("hosts-silent", "web-1", null, { evidence: { ...evidence, many: parts } }));
    expect(watch.to(MINUTE).messages).toHaveLength(1);
  });
});

describe("inhibition", () => {
  test("a host that is silent explains its services", () => {
    const watch = new Watch();
    const offline = incident("host-offline", "web-1");
    const [gone, stands] = many("service-down", "web-1", 2);
    watch.open(offline);
    watch.open(gone!, stands!);
    watch.to(MINUTE);
    expect(watch.messages).toHaveLength(1);
    watch.close(offline, gone!);
    watch.to(MINUTE + 29_999);
    expect(watch.said().slice(1)).toEqual(["closed: Over: web-1 is silent"]);
    watch.to(2 * MINUTE);
    expect(watch.messages[2]).toMatchObject({ phase: "opened", incidents: [{ id: stands!.id }] });
    expect(watch.messages[2]?.lines[1]).toBe(
      "It was held back until now, since this explained it: web-1 is silent; it stands still.",
    );
  });

  test("a broken dependency explains its dependents, which have half a minute to recover", () => {
    const watch = new Watch();
    const db = incident("restart-loop", "web-1", "db");
    const api = incident("endpoint-regressed", "web-1", "api", { needs: ["cache", "db"] });
    watch.open(api);
    watch.open(db);
    watch.to(10 * MINUTE);
    expect(watch.said()).toHaveLength(1);
    watch.close(db);
    watch.to(10 * MINUTE + 20_000).close(api);
    watch.to(HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "closed"]);
    expect(watch.messages.flatMap(({ incidents }) => incidents.map(({ id }) => id))).not.toContain(api.id);
  });

  test("a loop explains that its service is down, and that its endpoint does not answer", () => {
    const watch = new Watch();
    watch.open(incident("restart-loop", "web-1", "api"), incident("endpoint-regressed", "web-1", "api"));
    watch.to(MINUTE);
    expect(watch.messages).toMatchObject([{ incidents: [{ kind: "restart-loop" }] }]);
  });

  test("what no rule tells anybody explains nothing", () => {
    const watch = new Watch({ rules: [rule("mute", { match: { services: ["db"] }, tell: { steps: [] } })] });
    watch.open(incident("restart-loop", "web-1", "db"));
    watch.open(incident("endpoint-regressed", "web-1", "api", { needs: ["db"] }));
    expect(watch.to(MINUTE).messages).toHaveLength(1);
  });

  test("two that depend on each other do not hide each other", () => {
    const watch = new Watch();
    watch.open(
      incident("restart-loop", "a", "x", { needs: ["y"] }),
      incident("restart-loop", "a", "y", { needs: ["x"] }),
    );
    expect(watch.to(MINUTE).messages).toHaveLength(1);
  });
});

describe("ten thousand open incidents", () => {
  test("what is decided of one more touches nothing else", () => {
    const watch = new Watch();
    const all = Array.from({ length: 10_000 }, (_, n) => incident("service-down", `host-${n % 2000}`, `s${n}`));
    watch.open(...all);
    watch.to(10 * MINUTE);
    const one = incident("restart-loop", "host-7", "api");
    const news = { incidentId: one.id, phase: "opened" as const, atMs: watch.nowMs, incident: one.facts, late: false };
    const decided = decideAlerts(watch.state, { kind: "news", news: [news] }, watch.setup, watch.nowMs);
    expect(decided.stored.map(({ kind }) => kind).sort()).toEqual(["alert", "flap", "incident", "storm"]);
    expect(watch.messages.length).toBeLessThan(20);
  });
});

describe("flapping", () => {
  /** Opens at each minute that is named and closes half a minute later. */
  function flaps(watch: Watch, minutes: number[]) {
    return minutes.map((minute) => {
      const each = incident("endpoint-regressed", "web-1", "api", { openedMs: START_MS + minute * MINUTE });
      watch.to(minute * MINUTE).open(each);
      watch.to(minute * MINUTE + 30_000).close(each);
      return each;
    });
  }

  test("the fourth opening inside an hour is told as one that goes and comes, and then there is quiet", () => {
    const watch = new Watch();
    flaps(watch, [0, 5, 10, 15, 20, 25, 30]);
    watch.to(59 * MINUTE);
    expect(watch.messages.map(({ phase }) => phase)).toEqual([
      ...["opened", "closed", "opened", "closed", "opened", "closed"],
      "opened",
    ]);
    expect(watch.messages[6]?.lines.join(" ")).toContain("It goes and comes, 4 times within 15 min");
    watch.to(61 * MINUTE);
    expect(watch.messages[7]?.phase).toBe("closed");
  });

  test("what stands still after it flapped is told", () => {
    const watch = new Watch();
    flaps(watch, [0, 5, 10, 15]);
    const last = incident("endpoint-regressed", "web-1", "api", { openedMs: START_MS + 20 * MINUTE });
    watch.to(20 * MINUTE).open(last);
    watch.to(49 * MINUTE);
    expect(watch.messages).toHaveLength(7);
    watch.to(51 * MINUTE);
    expect(watch.messages[7]).toMatchObject({ phase: "updated" });
    expect(watch.messages[7]?.incidents.find(({ isNew }) => isNew)?.id).toBe(last.id);
  });
});

describe("acknowledging", () => {
  test("before it was told: it is told, and nothing insists", () => {
    const watch = new Watch({ rules: [rule("slow", { confirmMs: MINUTE })] });
    const down = incident("service-down", "web-1", "api");
    watch.open(down);
    watch.acknowledge(down);
    watch.to(24 * HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened"]);
  });

  test("of what is over, or was never heard of, it is nothing", () => {
    const watch = new Watch();
    expect(watch.acknowledge(incident("service-down", "web-1", "api"))).toEqual([]);
  });
});
