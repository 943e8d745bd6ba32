import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AlertState, dueAtMs, stateOf } from "../../src/alerts/core/alert-state.ts";
import type { AlertChannel, AlertEvent, Message, Rule, Silence } from "../../src/alerts/core/alert-types.ts";
import { decideAlerts } from "../../src/alerts/core/decide-alerts.ts";
import { inhibitorOf } from "../../src/alerts/core/gates.ts";
import { AlertDraft } from "../../src/alerts/core/alert-draft.ts";
import { silenceFor } from "../../src/alerts/core/rules.ts";
import { whyWords } from "../../src/alerts/core/why-words.ts";
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

const RULES: Rule[][] = [
  [],
  [rule("all")],
  [
    rule("mute web", { match: { services: ["web"] }, tell: { steps: [] } }),
    rule("rest", { position: 2, confirmMs: 20_000 }),
  ],
  [
    rule("steps", {
      reminderMs: 30 * MINUTE,
      tell: {
        steps: [
          { afterMs: 0, channelIds: [SLACK.id] },
          { afterMs: 10 * MINUTE, channelIds: [PAGER.id] },
        ],
      },
    }),
  ],
  [rule("one by one", { group: "none", severity: "error", tell: { steps: [{ afterMs: 0, channelIds: [MAIL.id] }] } })],
];
const CHANNELS: AlertChannel[][] = [[SLACK], [SLACK, PAGER], [SLACK, { ...PAGER, isOff: true }, MAIL], [MAIL], []];
const HOSTS = ["a", "b", "c"];
const SUBJECTS = HOSTS.flatMap((host) => [
  ...["web", "api", "db"].flatMap((service) => [
    { host, service, kind: "restart-loop" as const },
    { host, service, kind: "endpoint-regressed" as const },
    { host, service, kind: "endpoint-unproven" as const },
  ]),
  { host, service: null, kind: "host-offline" as const },
  { host, service: "web", kind: "command-failed" as const },
]);
const NEEDS: Record<string, string[]> = { web: ["api", "db"], api: ["db"], db: [] };

type Act =
  | { act: "turn"; subject: number }
  | { act: "turns"; subjects: number[] }
  | { act: "flaps"; subject: number; times: number; everyMs: number }
  | { act: "late"; subject: number }
  | { act: "pass"; ms: number }
  | { act: "silence"; host: number; ms: number }
  | { act: "unsilence" }
  | { act: "rules" | "channels"; which: number }
  | { act: "acknowledge"; which: number }
  | { act: "again" };

const subject = fc.nat(SUBJECTS.length - 1);
const ms = fc.oneof(fc.nat(3 * SECOND), fc.nat(3 * MINUTE), fc.nat(50 * MINUTE));
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant("turn" as const), subject }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant("turns" as const), subjects: fc.array(subject, { maxLength: 12 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ act: fc.constant("flaps" as const), subject, times: fc.nat(14) },
      everyMs: fc.integer({ min: 1, max: 10 * MINUTE }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("late" as const), subject }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constant("pass" as const), ms }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("silence" as const), host: fc.nat(3), ms }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("unsilence" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constantFrom("rules" as const, "channels" as const), which: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("acknowledge" as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("again" as const) }) },
);
const night = fc.array(act, { maxLength: 60 });

/** Lives through a night, and looks at every step. */
class Night extends Watch {
  readonly open_ = new Map<number, Incident>();
  readonly all: Incident[] = [];
  readonly lates = new Set<string>();
  /** Channels that were on when each message was said. */
  readonly #on = new Map<string, string[]>();
  #last: AlertEvent | null = null;
  #alarmMs = 0;
  #alarms = 0;

  override decide(event: AlertEvent): Message[] {
    const before = JSON.stringify(rowsOf(this.state));
    const decided = decideAlerts(this.state, event, this.setup, this.nowMs);
    expect(JSON.stringify(rowsOf(this.state)), "deciding changes nothing").toBe(before);
    // Read again from what is stored, it decides the same.
    const reloaded = stateOf(JSON.parse(before) as ReturnType<typeof rowsOf>);
    expect(decideAlerts(reloaded, event, this.setup, this.nowMs)).toEqual(decided);
    const said = super.decide(event);
    expect(said).toEqual(decided.messages);
    for (const message of said) this.#look(message);
    const isSame = event.kind === "alarm" && this.nowMs === this.#alarmMs;
    this.#alarms = isSame ? this.#alarms + 1 : 1;
    if (event.kind === "alarm") this.#alarmMs = this.nowMs;
    expect(this.#alarms, "an alarm is not asked for again and again").toBeLessThan(4);
    expectCounts(this.state);
    if (event.kind === "news" && (dueAtMs(this.state) ?? Number.POSITIVE_INFINITY) > this.nowMs) {
      const twice = decideAlerts(this.state, event, this.setup, this.nowMs);
      expect(twice, "the same news again is nothing").toEqual({ stored: [], removed: [], messages: [], why: [] });
      this.#last = event;
    }
    return said;
  }

  again(): void {
    if (this.#last !== null) expect(this.decide(this.#last)).toEqual([]);
  }

  do(step: Act): void {
    switch (step.act) {
      case "turn":
        return this.turn(step.subject);
      case "turns":
        return step.subjects.forEach((each) => this.turn(each));
      case "flaps":
        for (let n = 0; n < step.times; n += 1) {
          this.turn(step.subject);
          this.to(this.nowMs - START_MS + step.everyMs);
        }
        return;
      case "late": {
        const { kind, host, service } = SUBJECTS[step.subject]!;
        const past = { openedMs: this.nowMs - HOUR, closedMs: this.nowMs - 30 * MINUTE };
        const late = incident(kind, host, service, past);
        this.lates.add(late.id);
        return void this.late(late);
      }
      case "pass":
        return void this.to(this.nowMs - START_MS + step.ms);
      case "silence": {
        const match = step.host === 3 ? {} : { hosts: [HOSTS[step.host]!] };
        const silence: Silence = {
          ...{ id: `s${this.nowMs}`, match, fromMs: this.nowMs, untilMs: this.nowMs + step.ms },
          ...{ reason: "work", byName: "Mara" },
        };
        return void this.change({ silences: [...this.setup.silences, silence].slice(-4) });
      }
      case "unsilence":
        return void this.change({ silences: [] });
      case "rules":
        return void this.change({ rules: RULES[step.which]! });
      case "channels":
        return void this.change({ channels: CHANNELS[step.which]! });
      case "acknowledge": {
        const of = this.all.at(-1 - step.which);
        return of === undefined ? undefined : void this.acknowledge(of);
      }
      case "again":
        return this.again();
    }
  }

  turn(n: number): void {
    const known = this.open_.get(n);
    if (known !== undefined) {
      this.open_.delete(n);
      this.close(known);
      return;
    }
    const { kind, host, service } = SUBJECTS[n]!;
    const made = incident(kind, host, service, service === null ? {} : { needs: NEEDS[service] });
    made.facts.openedMs = this.nowMs;
    this.all.push(made);
    if (kind !== "command-failed") this.open_.set(n, made);
    this.open(made);
  }

  /** Was this channel there to hear this message? */
  wasOn(channelId: string, message: Message | undefined): boolean {
    return message === undefined || (this.#on.get(message.id) ?? []).includes(channelId);
  }

  #look(message: Message): void {
    this.#on.set(
      message.id,
      this.setup.channels.filter(({ isOff }) => !isOff).map(({ id }) => id),
    );
    const off = new Set(this.setup.channels.filter(({ isOff }) => isOff).map(({ id }) => id));
    expect(message.channelIds.length).toBeGreaterThan(0);
    expect(message.channelIds.filter((id) => off.has(id))).toEqual([]);
    if (message.incidents.some(({ id }) => this.lates.has(id))) expect(message.isQuiet).toBe(true);
    // Nothing that is silenced is told, neither that it opened nor that it is over, nor alone that it stands.
    const silenced = message.incidents.map((each) => {
      const facts = { ...each, subjectId: "", hostTags: [] };
      return silenceFor(this.setup, facts, this.nowMs) !== null;
    });
    message.incidents.forEach(({ isNew, closedMs }, n) => {
      if (isNew || closedMs !== null) expect(silenced[n], message.title).toBe(false);
    });
    expect(silenced.every(Boolean), message.title).toBe(false);
    expect(JSON.stringify(message).length).toBeLessThan(64_000);
  }
}

function rowsOf({ incidents, alerts, flaps, storms }: AlertState) {
  return [...incidents.values(), ...alerts.values(), ...flaps.values(), ...storms.values()];
}

/** What an alert counts is what its incidents are. */
function expectCounts(state: AlertState): void {
  for (const alert of state.alerts.values()) {
    const members = [...state.incidents.values()].filter(({ alertId }) => alertId === alert.id);
    const told = members.filter(({ standing }) => standing === "told");
    const { open, waiting, ends } = alert;
    expect({ open, waiting, ends }).toEqual({
      open:
        members.filter(({ standing }) => standing === "held").length +
        told.filter((one) => one.facts.closedMs === null).length,
      waiting: members.filter(({ standing }) => standing === "waiting").length,
      ends: told.filter(({ facts }) => facts.closedMs !== null).length,
    });
    expect(open + waiting + ends).toBeGreaterThan(0);
  }
  for (const { alertId } of state.incidents.values())
    if (alertId !== null) expect(state.alerts.has(alertId)).toBe(true);
}

/** For each incident the messages that told of it, and those that told of its end. */
function toldOf(watch: Night) {
  const news = new Map<string, Message[]>();
  const ends = new Map<string, Message[]>();
  for (const message of watch.messages) {
    for (const { id, isNew, closedMs } of message.incidents) {
      if (isNew) news.set(id, [...(news.get(id) ?? []), message]);
      else if (closedMs !== null) ends.set(id, [...(ends.get(id) ?? []), message]);
    }
  }
  return { news, ends };
}

describe("whatever happens in a night", () => {
  test("nothing is told twice, no end before its beginning, who was told hears the end, what stands is told, nothing is kept for ever", () => {
    fc.assert(
      fc.property(night, (acts) => {
        const watch = new Night({ channels: [SLACK, PAGER] });
        for (const each of acts) watch.do(each);
        // People leave it alone: no silence, every rule and channel as it is by default.
        watch.change({ silences: [], rules: [], channels: [SLACK, PAGER, MAIL] });
        watch.to(watch.nowMs - START_MS + 3 * HOUR);
        for (const { id } of watch.open_.values()) {
          const kept = watch.state.incidents.get(id)!;
          const draft = new AlertDraft(watch.state, watch.setup, watch.nowMs);
          if (kept.standing !== "told") expect(inhibitorOf(draft, kept), JSON.stringify(kept)).not.toBeNull();
        }
        for (const n of [...watch.open_.keys()]) watch.turn(n);
        watch.to(watch.nowMs - START_MS + 3 * HOUR);
        const { news, ends } = toldOf(watch);
        for (const [id, messages] of news) expect(messages, id).toHaveLength(1);
        for (const [id, messages] of ends) {
          expect(messages, id).toHaveLength(1);
          expect(watch.messages.indexOf(messages[0]!)).toBeGreaterThan(watch.messages.indexOf(news.get(id)![0]!));
        }
        expectEndsHeard(watch, news, ends);
        expect(new Set(watch.messages.map(({ id }) => id)).size).toBe(watch.messages.length);
        watch.to(watch.nowMs - START_MS + 30 * HOUR);
        expect(watch.stored.size).toBe(0); (globalThis as any).N = ((globalThis as any).N ?? {}); for (const m of watch.messages) (globalThis as any).N[m.phase] = ((globalThis as any).N[m.phase] ?? 0) + 1; for (const w of watch.why) (globalThis as any).N["w-" + w.what] = ((globalThis as any).N["w-" + w.what] ?? 0) + 1;
        expect(watch.why.every((why) => whyWords(why, why.atMs).endsWith("."))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("x", () => console.log((globalThis as any).N));
  test("why is said of every incident, and the last word is whether somebody was told", () => {
    fc.assert(
      fc.property(night, (acts) => {
        const watch = new Night({ channels: [SLACK, PAGER] });
        for (const each of acts) watch.do(each);
        for (const { id } of watch.all) expect(watch.why.some(({ incidentId }) => incidentId === id)).toBe(true);
        const { news } = toldOf(watch);
        for (const id of news.keys()) {
          expect(watch.why.some((why) => why.incidentId === id && why.what === "told")).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Every channel that was told that it opened, or that it stands, is told that it is over, if it is still there. */
function expectEndsHeard(watch: Night, news: Map<string, Message[]>, ends: Map<string, Message[]>): void {
  for (const [id, [first]] of news) {
    if (first === undefined || first.phase === "late" || first.phase === "noted") continue;
    const heard = new Set<string>();
    for (const { incidents, channelIds } of watch.messages) {
      if (incidents.some((each) => each.id === id && each.closedMs === null))
        for (const channel of channelIds) heard.add(channel);
    }
    const [end] = ends.get(id) ?? [];
    const missing = [...heard].filter((channel) => watch.wasOn(channel, end) && !end?.channelIds.includes(channel));
    // Where all of them were gone by then there was nobody to tell.
    if (end === undefined) expect(watch.why.some((why) => why.incidentId === id && why.what === "told-end")).toBe(true);
    else expect(missing, `${id} ${JSON.stringify(end)}`).toEqual([]);
  }
}
