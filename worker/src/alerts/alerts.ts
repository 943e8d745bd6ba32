import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { AlarmClock } from "../fleet/alarm-clock.ts";
import { retryDelayMs } from "../fleet/core/retry.ts";
import type { AlertsLateness } from "../heartbeats/core/chain.ts";
import { readToldBefore } from "./adoption.ts";
import type { AlertEvent, Message, News } from "./core/alert-types.ts";
import { channelMessage, type ChannelNews } from "./core/channel-message.ts";
import type { Outcome } from "./core/lane.ts";
import { Desk } from "./desk.ts";
import { LaneStore } from "./lane-store.ts";
import { latenessOf } from "./lateness.ts";
import { Lanes, type Send } from "./lanes.ts";
import { Organization } from "./organization.ts";
import { plainMessages } from "./core/plain.ts";
import { Outbox, type Said } from "./outbox.ts";
import { statementsOf } from "./record.ts";
import { SetupReader } from "./setup-reader.ts";

/** Brought to D1 at once. */
const BATCH_ROWS = 500;
/** A queue takes so many at once. */
const BATCH_SENDS = 100;
/** What is to be done at once is done by the alarm at the latest, if the object dies before; milliseconds. */
const AT_LATEST_MS = 5_000;
/** Something is due still after all was decided: what is very much is decided in parts; milliseconds. */
const DECIDED_AGAIN_MS = 10;
/** The queue did not take it: tried again after this, milliseconds. */
const QUEUE_RETRY_MS = 5_000;

/**
 * Tells people of one organization: takes news of incidents from its Fleets, decides who hears of them, and sees that they do. It talks to nobody
 * outside itself: what is to be sent goes on the queue, whose consumer says what came of it. While a deploy goes on, Workers of before and after it call it:
 * what it is called with may only grow.
 */
export class Alerts extends DurableObject<Env> {
  readonly #store: LaneStore;
  readonly #lanes: Lanes;
  readonly #desk: Desk;
  readonly #outbox: Outbox;
  readonly #setup: SetupReader;
  readonly #alarm: AlarmClock;
  readonly #organization: Organization;
  #flushing: Promise<void> | null = null;
  /** How often something goes on at this moment. */
  #busy = 0;
  /** When to try again what D1 or the queue did not take; null while all is well. */
  #retryMs: number | null = null;
  #failingSinceMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    this.#organization = new Organization(sql);
    this.#store = new LaneStore(sql);
    this.#lanes = new Lanes(this.#store, () => ({ atOnce: 10, gapMs: 0 }));
    this.#desk = new Desk(sql);
    this.#outbox = new Outbox(sql);
    this.#setup = new SetupReader(env.DB, sql);
    this.#alarm = new AlarmClock(ctx.storage, 0);
    void ctx.blockConcurrencyWhile(() => this.#alarm.read());
  }

  /** Takes what happened to incidents. Once this has resolved, none of it is lost; handed over twice, it is told once. */
  async news(organizationId: string, news: News[]): Promise<void> {
    this.#organization.is(organizationId);
    await this.#learn(news);
    this.#decide({ kind: "news", news });
    await this.#alarm.want(Math.min(this.#desk.dueMs ?? Infinity, Date.now() + AT_LATEST_MS));
    void this.#goOn();
  }

  /** A notice that a Worker of before put on the queue by itself: it goes its way in a lane, like all others. */
  async adopt(organizationId: string, { noticeId, channelId }: { noticeId: string; channelId: string }): Promise<void> {
    this.#organization.is(organizationId);
    this.#lanes.put({ noticeId, channelId, lane: noticeId.replace(/\.[^.]*$/, "") }, Date.now());
    await this.#goOn();
  }

  /** A person wants it sent once more, though it may have been heard: the same message, by the same id. */
  async repeat(organizationId: string, of: { noticeId: string; channelId: string; lane: string }): Promise<void> {
    this.#organization.is(organizationId);
    this.#lanes.put({ ...of, isAgain: true }, Date.now());
    await this.#goOn();
  }

  /** Asked by whoever is about to make an attempt: may he? Of two that ask for the same, one may. */
  async claim(send: Send): Promise<{ isAgain: boolean; putMs: number } | null> {
    const nowMs = Date.now();
    const item = this.#lanes.claim(send, nowMs);
    if (item === null) return null;
    await this.#wantAlarm(nowMs);
    return { isAgain: item.isAgain, putMs: item.putMs };
  }

  /** What came of an attempt. */
  async attempted(send: Send, outcome: Outcome): Promise<void> {
    const nowMs = Date.now();
    const { turn, lost } = this.#lanes.attempted(send, outcome, nowMs, Math.random());
    if (turn !== null) this.#tellTurn(send.channelId, turn, nowMs);
    if (lost !== null)
      console.error(`notice ${lost.noticeId} was not heard by channel ${lost.channelId}, and is given up`);
    await this.#goOn();
  }

  /** A person's test was heard by a channel: what waits for it goes out. */
  async hears(organizationId: string, channelId: string): Promise<void> {
    this.#organization.is(organizationId);
    const nowMs = Date.now();
    const turn = this.#lanes.hears(channelId, nowMs);
    if (turn !== null) this.#tellTurn(channelId, turn, nowMs);
    await this.#goOn();
  }

  /** People changed what they set: channels, rules. D1 is written before by whoever calls. */
  async changed(organizationId: string): Promise<void> {
    this.#organization.is(organizationId);
    this.#setup.expire();
    await this.#freshen();
    await this.#goOn();
  }

  /** Somebody looks after an incident: no more reminders, no further steps. Done twice, it is once. D1 is written before by whoever calls. */
  async acknowledge(organizationId: string, incidentId: string, by: { id: string; name: string }): Promise<void> {
    this.#organization.is(organizationId);
    await this.#learn([]);
    this.#decide({ kind: "acknowledged", incidentId, byId: by.id, byName: by.name });
    await this.#goOn();
  }

  /** How telling stands: what waits for each channel, which do not hear, and how many attempts are on their way. */
  standing(): Standing {
    const waiting = this.#lanes.waiting();
    const others = [...this.#store.standings()].filter(
      ({ toldMs, channelId }) => toldMs !== null && !waiting.some((each) => each.channelId === channelId),
    );
    const idle = others.map(({ channelId }) => ({ channelId, waiting: 0, oldestMs: null }));
    const channels = [...waiting, ...idle].map((each) => {
      const { failures, failingSinceMs, lastAnswer, toldMs } = this.#store.standing(each.channelId);
      return { ...each, failures, failingSinceMs, lastAnswer, isDead: toldMs !== null };
    });
    return { channels, underWay: this.#lanes.underWay() + this.#busy };
  }

  /** How far it is behind, for whoever vouches that alerts work; an alarm that was lost is set again first. */
  async lateness(organizationId?: string): Promise<AlertsLateness> {
    // Whoever changes a channel says so: read anew for each heartbeat, it would be read each minute.
    if (organizationId !== undefined && !this.#setup.isKnown) await this.#freshenFor(organizationId);
    await this.wake();
    const alarmMs = await this.ctx.storage.getAlarm();
    const on = this.#setup.known.channels.flatMap(({ id, isOff }) => (isOff ? [] : id));
    const channelIds = this.#setup.isKnown ? on : null;
    return latenessOf({ store: this.#store, channelIds, failingSinceMs: this.#failingSinceMs, alarmMs }, Date.now());
  }

  /** Nothing was ever to be told. That D1 is away is told otherwise. */
  async #freshenFor(organizationId: string): Promise<void> {
    this.#organization.is(organizationId);
    try {
      await this.#freshen();
    } catch (error) {
      console.warn(`what people of ${organizationId} set is not known`, error);
    }
  }

  /** Sees that the alarm is set where something may fall due. Answers whether it had to be set. */
  async wake(): Promise<{ mended: boolean }> {
    await this.#alarm.read();
    return { mended: await this.#wantAlarm(Date.now()) };
  }

  override async alarm(): Promise<void> {
    this.#alarm.rang();
    await this.#goOn();
  }

  /** That a channel does not hear is told through the others. */
  #tellTurn(channelId: string, turn: ChannelNews, nowMs: number, before = this.#setup.known): void {
    const channels = this.#setup.known.channels.filter(({ isOff }) => !isOff);
    const name = before.channels.find(({ id }) => id === channelId)?.name ?? "a channel";
    const { lastAnswer, failingSinceMs } = this.#store.standing(channelId);
    const waiting = this.#lanes.waiting().find((each) => each.channelId === channelId)?.waiting ?? 0;
    const message = channelMessage(turn, { channelId, name, channels, lastAnswer, failingSinceMs, waiting }, nowMs);
    if (message !== null) this.#outbox.put({ messages: [message], why: [], also: [] });
  }

  /** What must be known before anything is decided upon news: what people set, and what was told before this object was there. */
  async #learn(news: readonly News[]): Promise<void> {
    await this.#freshen();
    if (this.#organization.hasBegun) return;
    const idsOf = (is: News["phase"]) => news.flatMap(({ phase, incidentId }) => (phase === is ? incidentId : []));
    const of = { closing: idsOf("closed"), opening: idsOf("opened") };
    const toldBefore = await readToldBefore(this.env.DB, this.#organization.id, of);
    // Another call may have been quicker.
    if (this.#organization.hasBegun) return;
    for (const { channelIds, ...event } of toldBefore) {
      const all = this.#setup.known.channels.map(({ id }) => id);
      this.#decide({ ...event, channelIds: channelIds.length > 0 ? channelIds : all });
    }
    this.#organization.begin();
  }

  /** Goes by what people have set by now. Throws where D1 is away, and it never knew. */
  async #freshen(): Promise<void> {
    const [before, nowMs] = [this.#setup.known, Date.now()];
    if (!(await this.#setup.freshen(this.#organization.id, nowMs))) return;
    const on = new Set(this.#setup.known.channels.flatMap(({ id, isOff }) => (isOff ? [] : id)));
    const used = [...this.#lanes.waiting(), ...this.#store.standings()].map(({ channelId }) => channelId);
    for (const channelId of new Set(used)) {
      if (on.has(channelId)) continue;
      if (this.#store.standing(channelId).toldMs !== null) this.#tellTurn(channelId, "gone", nowMs, before);
      this.#lanes.leave(channelId);
    }
    this.#decide({ kind: "setup-changed" });
  }

  /** Decides, and keeps what is to be told: in one go, so that an eviction leaves both or neither. */
  #decide(event: AlertEvent): void {
    const said = this.#decided(event);
    if (said.messages.length + said.why.length > 0) this.#outbox.put(said);
  }

  #decided(event: AlertEvent): Said {
    try {
      return this.#desk.decide(event, this.#setup.known, Date.now());
    } catch (error) {
      console.error(`the rules of alerting failed for ${this.#organization.id}: news is told plainly`, error);
      return { messages: event.kind === "news" ? plainMessages(event.news, this.#setup.known) : [], why: [], also: [] };
    }
  }

  /** What waits for D1 goes there, what is due goes on the queue. Never rejects: what failed is tried again by the alarm. */
  async #goOn(): Promise<void> {
    this.#busy += 1;
    try {
      await this.#decideDue();
      await this.#flush();
      await this.#send();
    } catch (error) {
      console.warn(`alerts of ${this.#organization.id} go on later`, error);
    } finally {
      // Last, and whatever happened: an alarm that is not set again is never heard again.
      await this.#wantAlarm(Date.now());
      this.#busy -= 1;
    }
  }

  async #decideDue(): Promise<void> {
    const isDue = () => (this.#desk.dueMs ?? Infinity) <= Date.now();
    if (!isDue()) return;
    await this.#freshen();
    if (isDue()) this.#decide({ kind: "alarm" });
  }

  #flush(): Promise<void> {
    if (this.#retryMs !== null && Date.now() < this.#retryMs) return Promise.resolve();
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    while (!this.#outbox.isEmpty) {
      const said = this.#outbox.next(BATCH_ROWS);
      try {
        const statements = statementsOf(this.env.DB, this.#organization.id, said);
        if (statements.length > 0) await this.env.DB.batch(statements);
      } catch (error) {
        this.#retryLater();
        throw error;
      }
      const nowMs = Date.now();
      this.#failingSinceMs = null;
      this.#retryMs = null;
      // In one go: an eviction leaves all of it or nothing.
      for (const { messages } of said.values()) for (const message of messages) this.#put(message, nowMs);
      this.#outbox.settle(said.keys());
      await this.#send();
    }
  }

  #put({ id, alertId, channelIds }: Message, nowMs: number): void {
    for (const channelId of channelIds) this.#lanes.put({ noticeId: id, channelId, lane: alertId }, nowMs);
  }

  #retryLater(): void {
    const nowMs = Date.now();
    this.#failingSinceMs ??= nowMs;
    this.#retryMs = nowMs + retryDelayMs(nowMs - this.#failingSinceMs, Math.random());
  }

  async #send(): Promise<void> {
    const organizationId = this.#organization.id;
    const sends = this.#lanes.take(Date.now());
    for (let at = 0; at < sends.length; at += BATCH_SENDS) {
      const some = sends.slice(at, at + BATCH_SENDS);
      try {
        await this.env.NOTICES.sendBatch(some.map((send) => ({ body: { organizationId, ...send } })));
      } catch (error) {
        this.#lanes.unsent(sends.slice(at));
        await this.#alarm.want(Date.now() + QUEUE_RETRY_MS);
        throw error;
      }
    }
  }

  /** Answers whether the alarm had to be set. */
  async #wantAlarm(nowMs: number): Promise<boolean> {
    // What fails again and again is not tried without a pause.
    const deskMs = this.#desk.dueMs === null ? null : Math.max(this.#desk.dueMs, nowMs + DECIDED_AGAIN_MS);
    const dues = [deskMs, this.#lanes.dueMs(nowMs), this.#outbox.isEmpty ? null : (this.#retryMs ?? nowMs)];
    const dueMs = Math.min(...dues.filter((due) => due !== null));
    return dueMs !== Infinity && (await this.#alarm.want(dueMs));
  }
}

/** How telling stands, for people. */
export interface Standing {
  channels: {
    channelId: string;
    waiting: number;
    /** Null where nothing waits. */
    oldestMs: number | null;
    failures: number;
    failingSinceMs: number | null;
    lastAnswer: string | null;
    /** It hears nothing, or refuses what is sent: people were told. */
    isDead: boolean;
  }[];
  underWay: number;
}
