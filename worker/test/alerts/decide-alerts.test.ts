import { describe, expect, test } from "vitest";
import { dueAtMs } from "../../src/alerts/core/alert-state.ts";
import { HOUR, incident, MAIL, MINUTE, PAGER, rule, SECOND, SLACK, START_MS, Watch } from "./alert-ground.ts";

/** `count` services of one host. */
const many = (kind: Parameters<typeof incident>[0], host: string, count: number) =>
  Array.from({ length: count }, (_, n) => incident(kind, host, `api-${n}`));

describe("one incident", () => {
  test("a lone loop is told 300 ms after it opened, and its end 300 ms after that", () => {
    const watch = new Watch();
    const loop = incident("restart-loop", "worker-2", "ingest");
    watch.open(loop);
    expect(watch.to(299).messages).toEqual([]);
    watch.to(300);
    expect(watch.said()).toEqual([
      "opened: worker-2 / ingest is restarting in a loop: 4 restarts in 38 s, exits with code 1 within 0.8 s of every start",
    ]);
    watch.to(4 * MINUTE).close(loop);
    watch.to(4 * MINUTE + 300);
    expect(watch.said()[1]).toBe("closed: Over: worker-2 / ingest is restarting in a loop");
    expect(watch.messages[1]?.lines).toEqual(["It stood from 02:00 to 02:04 UTC, 4 min."]);
  });

  test("the same news twice does nothing, nor does an opening after its closing", () => {
    const watch = new Watch();
    const loop = incident("restart-loop", "worker-2", "ingest");
    watch.open(loop);
    watch.open(loop);
    watch.to(MINUTE).close(loop);
    watch.close(loop);
    watch.to(2 * MINUTE).open(loop);
    watch.to(HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "closed"]);
  });

  test("one that is over before it was told is told to nobody", () => {
    const watch = new Watch();
    const loop = incident("restart-loop", "worker-2", "ingest");
    watch.open(loop);
    watch.to(200).close(loop);
    expect(watch.to(HOUR).messages).toEqual([]);
    expect(watch.why.at(-1)?.what).toBe("over-untold");
  });

  test("it must stand through the confirm time of its rule, and its title is said once", () => {
    const watch = new Watch({ rules: [rule("slow", { confirmMs: 2 * MINUTE })] });
    const [short, long] = [incident("port-conflict", "a", "web"), incident("port-conflict", "b", "web")];
    watch.open(short, long);
    watch.to(MINUTE).close(short);
    watch.to(2 * MINUTE + 300);
    expect(watch.said()).toEqual([
      "opened: b / web cannot have its port: port 8080 is held by pid 412 (nginx); a restart cannot cure it",
    ]);
  });

  test("what is over is forgotten after a day", () => {
    const watch = new Watch();
    const loop = incident("restart-loop", "worker-2", "ingest");
    watch.open(loop);
    watch.to(MINUTE).close(loop);
    watch.to(26 * HOUR);
    expect(watch.stored.size).toBe(0);
    expect(dueAtMs(watch.state)).toBeNull();
  });

  test("a command that failed is told once, quietly, and nothing follows", () => {
    const watch = new Watch();
    const failed = incident("command-failed", "web-1", "api");
    watch.open(failed);
    watch.close(failed);
    watch.to(HOUR);
    expect(watch.messages).toMatchObject([{ phase: "noted", severity: "info", isQuiet: true }]);
  });

  test("one that was told by an earlier version is told as over to the same channels", () => {
    const watch = new Watch({ channels: [SLACK, PAGER] });
    const loop = incident("restart-loop", "worker-2", "ingest");
    const adopted = {
      incidentId: loop.id,
      incident: loop.facts,
      channelIds: [PAGER.id],
      toldMs: START_MS - HOUR,
      acknowledged: null,
    };
    watch.decide({ kind: "adopted", ...adopted });
    watch.decide({ kind: "adopted", ...adopted });
    watch.close(loop);
    watch.to(MINUTE);
    expect(watch.messages).toMatchObject([{ phase: "closed", channelIds: [PAGER.id], alertId: loop.id }]);
  });
});

describe("late", () => {
  test("what was over before it could be told is told once, together, and wakes nobody", () => {
    const watch = new Watch();
    const night = { openedMs: START_MS - 2 * HOUR, closedMs: START_MS - HOUR };
    watch.late(incident("restart-loop", "a", "api", night), incident("port-conflict", "b", "web", night));
    watch.to(HOUR);
    expect(watch.messages).toMatchObject([
      {
        phase: "late",
        severity: "info",
        isQuiet: true,
        title: "Over by now, told late: 1 service is restarting in a loop, 1 cannot have its port, on 2 hosts",
      },
    ]);
  });

  test("what happened late and stands still is told as anything that stands, and says that it is late", () => {
    const watch = new Watch();
    watch.open(incident("restart-loop", "a", "api", { openedMs: START_MS - HOUR }));
    watch.to(SECOND);
    expect(watch.messages).toMatchObject([{ phase: "opened", severity: "critical", isQuiet: false }]);
    expect(watch.messages[0]?.lines.join(" ")).toContain("Happened at 01:00 UTC, told at 02:00 UTC");
  });

  test("what maintenance held, and that was over by its end, is told to nobody", () => {
    const watch = new Watch();
    watch.close(incident("service-down", "a", "api"));
    expect(watch.to(HOUR).messages).toEqual([]);
  });
});

describe("grouping", () => {
  test("100 services of one host are one message, and one when all are over", () => {
    const watch = new Watch();
    const down = many("service-down", "web-1", 100);
    for (const [n, each] of down.entries()) watch.to(n * 40).open(each);
    watch.to(MINUTE);
    expect(watch.said()).toEqual(["opened: web-1: 100 services are down"]);
    expect(watch.messages[0]).toMatchObject({ more: 50, severity: "critical" });
    for (const [n, each] of down.entries()) watch.to(2 * MINUTE + n * 400).close(each);
    watch.to(5 * MINUTE);
    expect(watch.said().slice(1)).toEqual(["closed: Over: web-1: 100 services are down"]);
  });

  test("two waits: 1 s after the last of several, and 10 s after the first at most", () => {
    const watch = new Watch();
    const [a, b, ...rest] = many("service-down", "web-1", 40);
    watch.open(a!);
    watch.to(250).open(b!);
    expect(watch.to(1249).messages).toEqual([]);
    expect(watch.to(1250).messages).toHaveLength(1);
    const other = new Watch();
    for (const [n, each] of rest.entries()) other.to(n * 280).open(each);
    expect(other.messages).toHaveLength(1);
    expect(other.messages[0]?.atMs).toBe(START_MS + 10_000);
  });

  test("those that come later are one follow-up, five minutes after the last message", () => {
    const watch = new Watch();
    const [a, b, c] = many("service-down", "web-1", 3);
    watch.open(a!);
    watch.to(MINUTE).open(b!);
    watch.to(2 * MINUTE).open(c!);
    watch.to(10 * MINUTE);
    expect(watch.said().slice(1)).toEqual(["updated: Also: web-1: 2 services are down"]);
    expect(watch.messages[1]?.atMs).toBe(START_MS + 300 + 5 * MINUTE);
    expect(watch.messages.map(({ alertId }) => alertId)).toEqual([a!.id, a!.id]);
  });

  test("those that began and were over before the follow-up are counted in the next message", () => {
    const watch = new Watch();
    const [first, brief, briefer, stands, last] = Array.from({ length: 5 }, (_, n) =>
      incident("service-down", "web-1", `api-${n}`),
    );
    watch.open(first!);
    watch.to(MINUTE).open(brief!, briefer!, stands!);
    watch.to(2 * MINUTE).close(brief!, briefer!);
    watch.to(6 * MINUTE);
    expect(watch.messages[1]).toMatchObject({ phase: "updated", incidents: [{ id: stands!.id }, { id: first!.id }] });
    expect(watch.messages[1]?.lines).toContain("2 more began and were over meanwhile.");
    watch.open(last!);
    watch.to(7 * MINUTE).close(first!, stands!, last!);
    watch.to(20 * MINUTE);
    expect(watch.messages[2]?.lines).toContain("1 more began and was over meanwhile.");
    expect(watch.messages).toHaveLength(3);
  });

  test("what is graver than all that was told does not wait for the follow-up", () => {
    const watch = new Watch();
    watch.open(incident("endpoint-regressed", "web-1", "api"));
    watch.to(MINUTE).open(incident("restart-loop", "web-1", "db"));
    watch.to(MINUTE + 300);
    expect(watch.messages).toMatchObject([{ severity: "error" }, { phase: "updated", severity: "critical" }]);
  });

  test("what wakes nobody does not go with what does", () => {
    const watch = new Watch();
    watch.open(incident("endpoint-unproven", "web-1", "api"), incident("restart-loop", "web-1", "db"));
    watch.to(MINUTE);
    expect(watch.messages.map(({ isQuiet }) => isQuiet)).toEqual([true, false]);
  });

  test("half an hour after it was told, what opens on the host is an alert of its own", () => {
    const watch = new Watch();
    const [a, b] = many("service-down", "web-1", 2);
    watch.open(a!);
    watch.to(31 * MINUTE).open(b!);
    watch.to(31 * MINUTE + 300);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "opened"]);
  });

  test("the same trouble on 40 hosts is one alert: the first at once, how far it spread within half a minute", () => {
    const watch = new Watch();
    const loops = Array.from({ length: 40 }, (_, n) => incident("restart-loop", `web-${n}`, "api"));
    for (const [n, loop] of loops.entries()) watch.to(n * 400).open(loop);
    watch.to(MINUTE);
    expect(watch.messages.map(({ atMs }) => atMs - START_MS)).toEqual([300, 39 * 400 + 5000]);
    expect(watch.messages[1]?.title).toBe("Also: api is restarting in a loop on 39 hosts");
    for (const loop of loops) watch.close(loop);
    watch.to(10 * MINUTE);
    expect(watch.said().slice(2)).toEqual(["closed: Over: api is restarting in a loop on 40 hosts"]);
  });

  test("ten minutes later, the same on another host is an alert of its own", () => {
    const watch = new Watch();
    watch.open(incident("restart-loop", "web-1", "api"));
    watch.to(11 * MINUTE).open(incident("restart-loop", "web-2", "api"));
    watch.to(11 * MINUTE + 300);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "opened"]);
  });

  test("of 40 alerts at once, five are told one by one and the rest together", () => {
    const watch = new Watch();
    const down = Array.from({ length: 40 }, (_, n) => incident("service-down", `web-${n}`, `s${n}`));
    for (const [n, each] of down.entries()) watch.to(n * 300).open(each);
    watch.to(MINUTE);
    expect(watch.messages).toHaveLength(6);
    expect(watch.messages[5]?.title).toBe("35 services are down, on 35 hosts");
    for (const each of down) watch.close(each);
    watch.to(10 * MINUTE);
    expect(watch.messages.filter(({ phase }) => phase === "closed")).toHaveLength(6);
  });

  test("some that are over are told with the others, a follow-up later at the earliest", () => {
    const watch = new Watch();
    const [a, b, c] = many("service-down", "web-1", 3);
    watch.open(a!, b!, c!);
    watch.to(MINUTE).close(a!, b!);
    watch.to(20 * MINUTE);
    expect(watch.said().slice(1)).toEqual(["updated: Over: web-1: 2 services are down; 1 still stands"]);
    expect(watch.messages[1]?.actions).toContainEqual({ kind: "acknowledge", label: "Acknowledge", incidentId: c!.id });
    watch.close(c!);
    watch.to(21 * MINUTE);
    expect(watch.said().at(-1)).toContain("that was the last of 3");
  });

  test("where a rule says `none`, each is told for itself", () => {
    const watch = new Watch({ rules: [rule("each", { group: "none" })] });
    watch.open(...many("service-down", "web-1", 20));
    expect(watch.to(MINUTE).messages).toHaveLength(20);
  });
});

describe("rules", () => {
  test("the first that fits decides about severity and whom", () => {
    const watch = new Watch({
      channels: [SLACK, PAGER],
      rules: [
        rule("all", { position: 9 }),
        rule("db", {
          position: 2,
          match: { tags: ["db"], kinds: ["service-down"] },
          severity: "warning",
          tell: { steps: [{ afterMs: 0, channelIds: [PAGER.id] }] },
        }),
      ],
    });
    watch.open(incident("service-down", "db-1", "postgres", { hostTags: ["eu", "db"] }));
    watch.open(incident("service-down", "web-1", "api", { hostTags: ["eu"] }));
    watch.to(MINUTE);
    expect(watch.messages).toMatchObject([
      { severity: "warning", channelIds: [PAGER.id] },
      { severity: "critical", channelIds: [SLACK.id, PAGER.id] },
    ]);
  });

  test("a rule without steps tells nobody, until it is changed", () => {
    const watch = new Watch({ rules: [rule("mute", { tell: { steps: [] } })] });
    const [gone, stands] = many("service-down", "web-1", 2);
    watch.open(gone!, stands!);
    watch.to(MINUTE).close(gone!);
    expect(watch.messages).toEqual([]);
    watch.change({ rules: [] });
    watch.to(2 * MINUTE);
    expect(watch.messages).toMatchObject([{ phase: "opened", incidents: [{ id: stands!.id }] }]);
  });

  test("with no channel nobody is told; the first that is made is told of what stands", () => {
    const watch = new Watch({ channels: [] });
    const down = incident("service-down", "web-1", "api");
    watch.open(down);
    watch.to(MINUTE);
    expect(watch.why.at(-1)).toMatchObject({ what: "no-channel" });
    watch.change({ channels: [SLACK] });
    watch.to(2 * MINUTE).close(down);
    watch.to(3 * MINUTE);
    expect(watch.messages).toMatchObject([{ phase: "opened" }, { phase: "closed" }]);
  });

  test("where all channels of a rule are gone, every other is told", () => {
    const only = rule("db", { tell: { steps: [{ afterMs: 0, channelIds: ["gone"] }] } });
    const watch = new Watch({ rules: [only], channels: [{ ...PAGER, isOff: true }, MAIL] });
    watch.open(incident("service-down", "web-1", "api"));
    watch.to(MINUTE);
    expect(watch.messages).toMatchObject([{ channelIds: [MAIL.id] }]);
    expect(watch.why.some(({ what }) => what === "channels-gone")).toBe(true);
  });

  test("who was told is told of the end, whatever the rules say by then; who is new is not", () => {
    const watch = new Watch({ channels: [SLACK, PAGER] });
    const down = incident("service-down", "web-1", "api");
    watch.open(down);
    watch.to(MINUTE).change({ channels: [SLACK, PAGER, MAIL], rules: [rule("mute", { tell: { steps: [] } })] });
    watch.to(2 * MINUTE).close(down);
    watch.to(3 * MINUTE);
    expect(watch.messages.at(-1)).toMatchObject({ phase: "closed", channelIds: [SLACK.id, PAGER.id] });
  });
});

describe("insisting", () => {
  const steps = {
    steps: [
      { afterMs: 0, channelIds: [SLACK.id] },
      { afterMs: 15 * MINUTE, channelIds: [PAGER.id] },
    ],
  };

  test("what is critical is said again every four hours until somebody acknowledges it", () => {
    const watch = new Watch();
    const down = incident("service-down", "web-1", "api");
    watch.open(down);
    watch.to(9 * HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "reminder", "reminder"]);
    expect(new Set(watch.messages.map(({ id }) => id)).size).toBe(3);
    watch.acknowledge(down);
    watch.acknowledge(down, "Ben");
    watch.to(24 * HOUR);
    expect(watch.said().slice(3)).toEqual([
      "acknowledged: Mara looks after it: web-1 / api is down, and nothing will start it again",
    ]);
  });

  test("there is a last reminder", () => {
    const watch = new Watch();
    watch.open(incident("service-down", "web-1", "api"));
    watch.to(30 * 24 * HOUR);
    expect(watch.messages).toHaveLength(43);
    expect(watch.why.at(-2)?.what).toBe("last-reminder");
  });

  test("a step is taken when nobody acknowledged in time, and who was told there hears of the end", () => {
    const watch = new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })] });
    const down = incident("service-down", "web-1", "api");
    watch.open(down);
    watch.to(SECOND);
    expect(watch.messages[0]?.next).toContain("If nobody acknowledges it by 02:15 UTC, it goes on to On call.");
    watch.to(15 * MINUTE + 300);
    expect(watch.messages[1]).toMatchObject({ phase: "escalated", channelIds: [PAGER.id], isQuiet: false });
    watch.close(down);
    watch.to(HOUR);
    expect(watch.messages.at(-1)).toMatchObject({ phase: "closed", channelIds: [SLACK.id, PAGER.id] });
  });

  test("no step is taken once it is acknowledged", () => {
    const watch = new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })] });
    const down = incident("service-down", "web-1", "api");
    watch.open(down);
    watch.to(14 * MINUTE).acknowledge(down);
    watch.to(HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "acknowledged"]);
  });

  test("what is graver than what somebody looks after begins the steps anew", () => {
    const watch = new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })] });
    const slow = incident("endpoint-regressed", "web-1", "api");
    watch.open(slow);
    watch.to(MINUTE).acknowledge(slow);
    const loop = incident("restart-loop", "web-1", "db");
    watch.to(20 * MINUTE).open(loop);
    watch.to(36 * MINUTE);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "acknowledged", "updated", "escalated"]);
    expect(watch.messages[3]?.atMs).toBe(START_MS + 35 * MINUTE + 300);
    watch.acknowledge(slow);
    expect(watch.messages.at(-1)?.phase).toBe("acknowledged");
    expect(watch.to(12 * HOUR).messages).toHaveLength(5);
  });

  test("an alert is acknowledged by its first incident, also where that one is over by then", () => {
    const watch = new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })] });
    const [first, second] = many("service-down", "web-1", 2);
    watch.open(first!, second!);
    watch.to(MINUTE).close(first!);
    watch.to(10 * MINUTE).acknowledge(first!);
    watch.to(12 * HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "updated", "acknowledged"]);
  });

  test("steps and reminders wait while maintenance is under way", () => {
    const maintenance = [{ title: "new disks", match: [{}], fromMs: START_MS + MINUTE, untilMs: START_MS + HOUR }];
    const watch = new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })], maintenance });
    watch.open(incident("service-down", "web-1", "api"));
    watch.to(HOUR - 1);
    expect(watch.messages).toHaveLength(1);
    watch.to(HOUR);
    expect(watch.messages[1]?.phase).toBe("escalated");
  });
});
