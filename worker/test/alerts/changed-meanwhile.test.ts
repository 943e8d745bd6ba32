import { describe, expect, test } from "vitest";
import type { Acknowledged, Matcher, News, Silence } from "../../src/alerts/core/alert-types.ts";
import {
  HOUR,
  type Incident,
  incident,
  MAIL,
  MINUTE,
  PAGER,
  rule,
  SECOND,
  SLACK,
  START_MS,
  Watch,
} from "./alert-ground.ts";

/** What happens between a message and the next: somebody acknowledges, a rule is edited, a channel goes, something is over. */

const steps = {
  steps: [
    { afterMs: 0, channelIds: [SLACK.id] },
    { afterMs: 15 * MINUTE, channelIds: [PAGER.id] },
  ],
};
const silenceOf = (match: Matcher, forMs: number): Silence => ({
  ...{ id: "s", match, fromMs: START_MS, untilMs: START_MS + forMs, reason: "new disks", byName: "Mara" },
});
const nobody = { tell: { steps: [] } };
const acknowledges = (watch: Watch) =>
  watch.messages.flatMap(({ actions }) =>
    actions.flatMap((each) => (each.kind === "acknowledge" ? each.incidentId : [])),
  );

describe("a second acknowledgement in one thread", () => {
  const [slow, loop] = [incident("endpoint-regressed", "web-1", "api"), incident("restart-loop", "web-1", "db")];

  function graver(): Watch {
    const watch = new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })] });
    watch.open(slow);
    watch.to(MINUTE).acknowledge(slow, "Ines");
    watch.to(20 * MINUTE).open(loop);
    return watch.to(36 * MINUTE);
  }

  test("is asked for by what nobody looks after yet", () => {
    expect(acknowledges(graver())).toEqual([slow.id, loop.id, loop.id]);
  });

  test("is told by a message of its own, with the name of who looks after it", () => {
    const watch = graver();
    watch.acknowledge(loop, "Max");
    const told = watch.messages.filter(({ phase }) => phase === "acknowledged");
    expect(told.map(({ title }) => title.split(" ")[0])).toEqual(["Ines", "Max"]);
    expect(new Set(watch.messages.map(({ id }) => id)).size).toBe(watch.messages.length);
  });
});

describe("an acknowledgement from before it is told", () => {
  const acknowledged = { byId: "ines", byName: "Ines", atMs: START_MS };

  test("counts: no further step, no reminder, and it is said why", () => {
    const watch = new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })] });
    const { id, facts } = incident("service-down", "web-1", "api");
    watch.decide({
      kind: "news",
      news: [{ ...{ incidentId: id, phase: "opened", atMs: START_MS }, incident: facts, late: false, acknowledged }],
    });
    watch.to(12 * HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened"]);
    expect(watch.messages[0]?.actions.map(({ kind }) => kind)).not.toContain("acknowledge");
    expect(watch.why).toContainEqual(expect.objectContaining({ what: "acknowledged", byName: "Ines" }));
  });

  test("counts after everything was forgotten, too", () => {
    const watch = new Watch();
    const { id, facts } = incident("service-down", "web-1", "api");
    watch.decide({
      kind: "adopted",
      ...{ incidentId: id, incident: facts, channelIds: [SLACK.id], toldMs: START_MS },
      acknowledged,
    });
    expect(watch.to(12 * HOUR).messages).toEqual([]);
  });
});

describe("a rule that is edited", () => {
  test("to tell nobody takes what it held with it: what that explained is told", () => {
    const slow = rule("slow", { match: { services: ["db"] }, confirmMs: 10 * MINUTE });
    const watch = new Watch({ rules: [slow] });
    const web = incident("service-down", "web-1", "web", { needs: ["db"] });
    watch.open(web, incident("service-down", "web-1", "db"));
    watch.to(MINUTE).change({ rules: [{ ...slow, ...nobody }] });
    watch.to(2 * MINUTE);
    expect(watch.messages).toMatchObject([{ incidents: [{ id: web.id }] }]);
  });

  test("to tell nobody tells nobody of what waits for a follow-up, nor of what waits to be told first", () => {
    const all = rule("all");
    const watch = new Watch({ rules: [all] });
    const [told, waits] = [incident("service-down", "web-1", "a"), incident("service-down", "web-1", "b")];
    watch.open(told);
    watch.to(MINUTE).open(waits);
    watch.change({ rules: [{ ...all, ...nobody }] });
    watch.to(HOUR);
    expect(watch.messages).toHaveLength(1);
    const other = new Watch({ rules: [all] });
    other.open(waits);
    other.change({ rules: [{ ...all, ...nobody }] });
    other.to(HOUR);
    expect(other.messages).toEqual([]);
    expect(other.why.at(-1)).toMatchObject({ what: "muted", rule: "all" });
    expect(other.stored.has(`alert/${waits.id}~0`)).toBe(false);
  });

  test("to tell others tells them of what comes to it, beside those who were told before", () => {
    const to = (channelIds: string[]) => rule("ops", { tell: { steps: [{ afterMs: 0, channelIds }] } });
    const watch = new Watch({ channels: [SLACK, PAGER, MAIL], rules: [to([SLACK.id])] });
    watch.open(incident("service-down", "web-1", "a"));
    watch.to(MINUTE).change({ rules: [to([PAGER.id])] });
    watch.open(incident("service-down", "web-1", "b"));
    watch.to(HOUR);
    expect(watch.messages.map(({ channelIds }) => channelIds)).toEqual([[SLACK.id], [SLACK.id, PAGER.id]]);
  });
});

test("where all channels that were told are gone, a reminder goes to those whom the rule tells by now", () => {
  const watch = new Watch({ channels: [SLACK] });
  const down = incident("service-down", "web-1", "api");
  watch.open(down);
  watch.to(MINUTE).change({ channels: [PAGER] });
  watch.to(5 * HOUR);
  expect(watch.messages.at(-1)).toMatchObject({ phase: "reminder", channelIds: [PAGER.id] });
  watch.close(down);
  watch.to(6 * HOUR);
  expect(watch.messages.at(-1)).toMatchObject({ phase: "closed", channelIds: [PAGER.id] });
});

describe("of many hosts", () => {
  const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
  const hosts = ["db-1", "web-1"].map((id) => ({ id, name: id }));
  const many = { hosts, fell: 2, of: 2, fromMs: START_MS, toMs: START_MS };
  const tagSets = [
    ["db", "eu"],
    ["web", "eu"],
  ];

  test("a silence by tags hides them only where each of them has one of these", () => {
    const told = (tags: string[]) => {
      const watch = new Watch({ silences: [silenceOf({ tags }, HOUR)] });
      const all = { hostTags: ["db", "web", "eu"], tagSets, evidence: { ...evidence, many } };
      watch.open(incident("hosts-silent", "db-1", null, all));
      return watch.to(MINUTE).messages.length;
    };
    expect([told(["db"]), told(["eu"]), told(["db", "web"])]).toEqual([1, 0, 0]);
  });
});

describe("what somebody looks after", () => {
  const acknowledged = { byId: "ines", byName: "Ines", atMs: START_MS };
  const opened = ({ id, facts }: Incident, by: Acknowledged | null = null): News => ({
    ...{ incidentId: id, phase: "opened", atMs: START_MS, incident: facts, late: false, acknowledged: by },
  });
  const steps15 = () => new Watch({ channels: [SLACK, PAGER], rules: [rule("steps", { tell: steps })] });

  test("silences nothing that is told with it for the first time", () => {
    const watch = steps15();
    const slow = incident("endpoint-regressed", "web-1", "api");
    const loop = incident("restart-loop", "web-1", "db");
    watch.decide({ kind: "news", news: [opened(slow, acknowledged), opened(loop)] });
    watch.to(20 * MINUTE);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "escalated"]);
    expect(acknowledges(watch)).toEqual([loop.id, loop.id]);
  });

  test("is all that stands once the others are over: nobody else is asked, and nobody reminded", () => {
    const watch = steps15();
    const [a, b] = [incident("service-down", "web-1", "a"), incident("service-down", "web-1", "b")];
    watch.open(a);
    watch.to(6 * MINUTE).decide({ kind: "news", news: [opened(b, acknowledged)] });
    watch.to(8 * MINUTE).close(a);
    watch.to(12 * HOUR);
    expect(watch.messages.map(({ phase }) => phase)).toEqual(["opened", "updated", "updated"]);
    expect(watch.messages.at(-1)?.next.join(" ")).not.toContain("nobody acknowledges");
  });
});

test("what is heard of only once it is over, its end right after its beginning, is told as late", () => {
  const watch = new Watch();
  const past = { openedMs: START_MS - 15 * MINUTE };
  const [long, short] = [incident("restart-loop", "web-1", "a", past), incident("restart-loop", "web-2", "b")];
  watch.open(long, short);
  watch.nowMs += 80;
  watch.close(long, short);
  watch.to(HOUR);
  expect(watch.messages).toMatchObject([{ phase: "late", isQuiet: true, incidents: [{ id: long.id }] }]);
  expect(watch.messages).toHaveLength(1);
});

test("and so is what opens and is over in one hand-over: the database was away", () => {
  const watch = new Watch();
  const { id, facts } = incident("restart-loop", "web-1", "a", {
    openedMs: START_MS - 20 * MINUTE,
    closedMs: START_MS - MINUTE,
  });
  const of = { incidentId: id, atMs: START_MS, incident: facts, late: false };
  watch.decide({
    kind: "news",
    news: [
      { ...of, phase: "opened" },
      { ...of, phase: "closed" },
    ],
  });
  watch.to(HOUR);
  expect(watch.messages).toMatchObject([{ phase: "late", isQuiet: true }]);
  expect(watch.messages).toHaveLength(1);
});

test("of a command that failed by a rule that tells nobody by now nothing is left", () => {
  const all = rule("all", { group: "none" });
  const watch = new Watch({ rules: [all] });
  watch.open(incident("command-failed", "web-1", "api"));
  watch.change({ rules: [{ ...all, ...nobody }] });
  expect([...watch.stored.values()].filter(({ kind }) => kind === "alert")).toEqual([]);
});

describe("the end", () => {
  test("of what went and came, and then stood for long, says nothing of that", () => {
    const watch = new Watch();
    const flapping = () => incident("service-down", "web-1", "api");
    for (let times = 0; times < 3; times++) {
      const each = flapping();
      watch.to((times * 4 + 1) * MINUTE).open(each);
      watch.to((times * 4 + 2) * MINUTE).close(each);
    }
    const last = flapping();
    watch.to(15 * MINUTE).open(last);
    watch.to(3 * HOUR).close(last);
    watch.to(4 * HOUR);
    expect(watch.messages.at(-1)?.phase).toBe("closed");
    expect(watch.messages.at(-1)?.lines.join(" ")).toMatch(/^It stood from 02:15 to 05:00 UTC, 2 h 45 min\.$/);
  });

  test("of some, while that of others may not be told yet, counts nothing that stands and promises nothing", () => {
    const watch = new Watch();
    const [a, b] = [incident("service-down", "web-1", "a"), incident("service-down", "web-1", "b")];
    watch.open(a, b);
    watch.to(MINUTE).change({ silences: [silenceOf({ services: ["a"] }, 9 * HOUR)] });
    watch.to(2 * MINUTE).close(a, b);
    watch.to(HOUR);
    expect(watch.messages.at(-1)).toMatchObject({ phase: "updated", next: [] });
    expect(watch.messages.at(-1)?.title).not.toContain("still");
  });

  test("of all is told at once, also where what came last was never told", () => {
    const watch = new Watch();
    const [a, b] = [incident("service-down", "web-1", "a"), incident("service-down", "web-1", "b")];
    watch.open(a);
    watch.to(10 * SECOND).open(b);
    watch.to(20 * SECOND).close(a);
    watch.to(30 * SECOND).close(b);
    watch.to(31 * SECOND);
    expect(watch.messages.at(-1)?.phase).toBe("closed");
  });
});

test("what is over since an alert that was due just before it is remembered for a day: the same news again does nothing", () => {
  const watch = new Watch();
  const [a, b] = [incident("service-down", "web-1", "a"), incident("service-down", "web-1", "b")];
  watch.open(a, b);
  watch.to(MINUTE).change({ silences: [silenceOf({ services: ["a"] }, 10 * MINUTE)] });
  watch.to(2 * MINUTE).close(a);
  watch.to(9 * MINUTE).close(b);
  // The alarm comes late, when the end of the silence is due, too.
  watch.nowMs += HOUR;
  watch.decide({ kind: "alarm" });
  expect(watch.messages.at(-1)?.phase).toBe("closed");
  const { length } = watch.messages;
  watch.open(a);
  watch.to(3 * HOUR);
  expect(watch.messages).toHaveLength(length);
});
