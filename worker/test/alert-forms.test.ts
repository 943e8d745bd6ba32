import { INCIDENT_KINDS, type IncidentKind } from "@afloat/shared/domain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Rule, SEVERITIES } from "../src/alerts/core/alert-types.ts";
import { matcherWords, parseMatcher, typedMatcher } from "../src/matchers/core/typed-matcher.ts";
import { previewOf } from "../src/rules/core/preview.ts";
import { stepWords } from "../src/rules/core/rule-words.ts";
import { NO_RULE, parseRule, type TypedRule, typedRule } from "../src/rules/core/wanted-rule.ts";
import { parseSilence, type TypedSilence } from "../src/silences/core/wanted-silence.ts";

const hosts = [
  { id: "h1", name: "web-1", tags: ["web"] },
  { id: "h2", name: "db-1", tags: ["db"] },
];
const channels = [
  { id: "slack", name: "Slack #ops", isOff: false },
  { id: "pager", name: "On call", isOff: false },
];
const known = { hosts, channels };

describe("what a rule or a silence is about", () => {
  const typed = { kinds: ["restart-loop"], hosts: "web-1, db-1\nweb-1", services: " ingest ", tags: "tag:db" };

  it("is names a line, and is read back as it would be typed", () => {
    const { matcher, faults } = parseMatcher(typed, known);
    expect(faults).toEqual({});
    expect(matcher).toEqual({ kinds: ["restart-loop"], hosts: ["h1", "h2"], services: ["ingest"], tags: ["db"] });
    expect(typedMatcher(matcher, known)).toEqual({ ...typed, hosts: "web-1\ndb-1", services: "ingest", tags: "db" });
    expect(matcherWords(matcher, known)).toBe("restart loop · on web-1 or db-1 · service ingest · tag db");
    expect(matcherWords({}, known)).toBe("everything");
  });

  it("says of a host that is none which there are, and of a kind which are known", () => {
    const { faults } = parseMatcher({ ...typed, hosts: "web-9", kinds: ["fire"] }, known);
    expect(faults.hosts).toBe("expected names of hosts, a line each; `web-9` is none here: there is web-1, db-1");
    expect(faults.kinds).toContain("got `fire`");
    expect(
      parseMatcher({ ...typed, tags: Array.from({ length: 201 }, (_, i) => `t${i}`).join("\n") }, known).faults,
    ).toEqual({
      tags: "expected at most 200 names, got 201: give those hosts a tag",
    });
  });
});

describe("a silence", () => {
  const typed: TypedSilence = {
    ...{ kinds: [], hosts: "web-1", services: "", tags: "", reason: "A new disk", lasts: "2h", everything: "" },
  };
  const faultsOf = (said: Partial<TypedSilence>) => {
    const parsed = parseSilence({ ...typed, ...said }, known);
    return parsed.kind === "faults" ? parsed.faults : {};
  };

  it("needs a reason and an end; everything is silenced only where that is said", () => {
    expect(parseSilence(typed, known)).toEqual({
      kind: "wanted",
      wanted: { matcher: { hosts: ["h1"] }, reason: "A new disk", forMs: 7_200_000 },
    });
    expect(faultsOf({ reason: " " }).reason).toContain("expected why");
    expect(faultsOf({ hosts: "" }).everything).toContain("to silence everything, say so");
    expect(faultsOf({ hosts: "", everything: "on" })).toEqual({});
  });

  it.each([
    ["59s", "expected from 1m to 90d"],
    ["1m", undefined],
    ["90d", undefined],
    ["91d", "expected from 1m to 90d"],
    ["soon", "expected a duration"],
  ])("of %s lasts from a minute to 90 days", (lasts, fault) => {
    if (fault === undefined) expect(faultsOf({ lasts })).toEqual({});
    else expect(faultsOf({ lasts }).lasts).toContain(fault);
  });
});

describe("a rule", () => {
  const typed: TypedRule = {
    ...NO_RULE,
    ...{ name: "Databases wake Berta", tags: "db", severity: "critical", reminder: "30m", confirm: "1m" },
    steps: [
      { after: "15m", channels: ["pager"] },
      { after: "", channels: ["slack"] },
      { after: "1h", channels: [] },
    ],
  };
  const faultsOf = (said: Partial<TypedRule>) => {
    const parsed = parseRule({ ...typed, ...said }, known);
    return parsed.kind === "faults" ? parsed.faults : {};
  };

  it("tells its steps in order; one without a channel is none", () => {
    const parsed = parseRule(typed, known);
    expect(parsed).toMatchObject({
      kind: "wanted",
      wanted: {
        match: { tags: ["db"] },
        tell: {
          steps: [
            { afterMs: 0, channelIds: ["slack"] },
            { afterMs: 900_000, channelIds: ["pager"] },
          ],
        },
        reminderMs: 1_800_000,
        confirmMs: 60_000,
      },
    });
    if (parsed.kind === "wanted")
      expect(stepWords({ id: "r", position: 1, ...parsed.wanted }, channels)).toBe(
        "tells Slack #ops, after 15 min On call; said again every 30 min",
      );
  });

  it.each([
    [{ name: "" }, "name", "expected a name"],
    [{ severity: "awful" }, "severity", "got `awful`"],
    [{ steps: [{ after: "soon", channels: ["slack"] }] }, "step0", "got `soon`"],
    [{ steps: [{ after: "", channels: ["gone"] }] }, "step0", "one of these was removed"],
    [{ steps: [] }, "tell", "to tell nobody, say so"],
    [{ steps: Array.from({ length: 5 }, () => ({ after: "", channels: ["all"] })) }, "tell", "at most 4"],
    [{ reminder: "1m" }, "reminder", "from 5 min to 7 d"],
    [{ confirm: "2h" }, "confirm", "from 0 s to 1 h"],
    [{ group: "all" }, "group", "expected host or none"],
  ] as const)("with %j says what is wrong with %s", (said, field, words) => {
    expect(faultsOf(structuredClone(said) as Partial<TypedRule>)[field]).toContain(words);
  });

  it("is read back as it would be typed, whatever it is", () => {
    const wanted = fc.record({
      name: fc.constant<string>("A rule"),
      match: fc.record({
        kinds: fc.constant<IncidentKind[]>([...INCIDENT_KINDS]),
        services: fc.constant<string[]>(["web"]),
      }),
      severity: fc.option(fc.constantFrom(...SEVERITIES), { nil: null }),
      tell: fc.record({
        steps: fc
          .uniqueArray(fc.integer({ min: 0, max: 86_400 }), { maxLength: 4 })
          .map((all) => all.sort((a, b) => a - b).map((s) => ({ afterMs: s * 1000, channelIds: ["pager"] }))),
      }),
      reminderMs: fc.option(
        fc.integer({ min: 300, max: 604_800 }).map((s) => s * 1000),
        { nil: null },
      ),
      confirmMs: fc.integer({ min: 0, max: 3600 }).map((s) => s * 1000),
      group: fc.constantFrom("host" as const, "none" as const),
    });
    fc.assert(
      fc.property(wanted, (rule) => {
        expect(parseRule(typedRule(rule, known), known)).toEqual({ kind: "wanted", wanted: rule });
      }),
    );
  });
});

describe("who would be told", () => {
  const rule: Rule = {
    ...{ id: "r", position: 1, name: "Databases wake Berta", match: { tags: ["db"] }, severity: "error" as const },
    tell: { steps: [{ afterMs: 0, channelIds: ["pager"] }] },
    ...{ confirmMs: 0, group: "host" as const },
  };
  const silence = { id: "s", match: { hosts: ["h2"] }, fromMs: 0, untilMs: 500, reason: "A disk", byName: "Anna" };
  const setup = { rules: [rule], channels, silences: [silence], maintenance: [] };
  const asked = (id: string, nowMs = 1000) => {
    const host = hosts.find((each) => each.id === id) ?? { id, name: id, tags: [] };
    return previewOf(setup, { kind: "restart-loop", host, serviceName: "ingest" }, nowMs);
  };

  it("is answered by the rule that fits, else by the defaults, and says what keeps it quiet just now", () => {
    expect(asked("h2")).toMatchObject({
      rule: "Databases wake Berta",
      severity: "error",
      steps: [{ channels: ["On call"] }],
    });
    expect(asked("h2").silencedBy).toBeNull();
    expect(asked("h2", 499).silencedBy).toMatchObject({ byName: "Anna", untilMs: 500 });
    expect(asked("h1")).toMatchObject({ rule: null, severity: "critical", reminderMs: 14_400_000 });
    expect(asked("h1").steps[0]?.channels).toEqual(["Slack #ops", "On call"]);
  });
});
