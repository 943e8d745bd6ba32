import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { AlarmClock } from "../fleet/alarm-clock.ts";
import { retryDelayMs } from "../fleet/core/retry.ts";
import type { News } from "./core/alert-types.ts";
import type { Outcome } from "./core/lane.ts";
import { decide } from "./decide.ts";
import { LaneStore } from "./lane-store.ts";
import { Lanes, type Send } from "./lanes.ts";
import { Outbox } from "./outbox.ts";
import { statementsOf } from "./record.ts";
import { SetupReader } from "./setup.ts";

/** Brought to D1 at once. */
const BATCH_NOTICES = 500;
/** A queue takes so many at once. */
const BATCH_SENDS = 100;
/** What is to be done at once is done by the alarm at the latest, if the object dies before; milliseconds. */
const AT_LATEST_MS = 5_000;
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
    this.#outbox = new Outbox(sql);
    this.#setup = new SetupReader(env.DB, sql);
    this.#alarm = new AlarmClock(ctx.storage, 0);
    void ctx.blockConcurrencyWhile(() => this.#alarm.read());
  }

  /** Takes what happened to incidents. Once this has resolved, none of it is lost; handed over twice, it is told once. */
  async news(organizationId: string, news: News[]): Promise<void> {
    this.#organization.is(organizationId);
    const nowMs = Date.now();
    await this.#setup.freshen(organizationId, nowMs);
    const said = decide(news, this.#setup.known);
    if (said.notices.length === 0) return;
    this.#outbox.put(said);
    await this.#alarm.want(nowMs + AT_LATEST_MS);
    void this.#goOn();
  }

  /** A notice that a Worker of before put on the queue by itself: it goes its way in a lane, like all others. */
  async adopt(organizationId: string, { noticeId, channelId }: { noticeId: string; channelId: string }): Promise<void> {
    this.#organization.is(organizationId);
    this.#lanes.put({ noticeId, channelId, lane: noticeId.replace(/\.[^.]*$/, "") }, Date.now());
    await this.#goOn();
  }

  /** A person wants it sent once more, though it may have been heard: the same message, by the same id. */
  async repeat(
    organizationId: string,
    { noticeId, channelId }: { noticeId: string; channelId: string },
  ): Promise<void> {
    this.#organization.is(organizationId);
    this.#lanes.put({ noticeId, channelId, lane: noticeId.replace(/\.[^.]*$/, ""), isAgain: true }, Date.now());
    await this.#goOn();
  }

  /** Asked by whoever is about to make an attempt: may he? Of two that ask for the same, one may. */
  async claim(send: Send): Promise<{ isAgain: boolean } | null> {
    const nowMs = Date.now();
    const item = this.#lanes.claim(send, nowMs);
    if (item === null) return null;
    await this.#wantAlarm(nowMs);
    return { isAgain: item.isAgain };
  }

  /** What came of an attempt. */
  async attempted(send: Send, outcome: Outcome): Promise<void> {
    const { turn, lost } = this.#lanes.attempted(send, outcome, Date.now(), Math.random());
    if (turn !== null) console.warn(`channel ${send.channelId} of ${this.#organization.id}: ${turn}`);
    if (lost !== null)
      console.error(`notice ${lost.noticeId} was not heard by channel ${lost.channelId}, and is given up`);
    await this.#goOn();
  }

  /** People changed what they set: channels, rules. D1 is written before by whoever calls. */
  async changed(organizationId: string): Promise<void> {
    this.#organization.is(organizationId);
    this.#setup.expire();
    await this.#setup.freshen(organizationId, Date.now());
    const there = new Set(this.#setup.known.channels.map(({ id }) => id));
    for (const { channelId } of this.#lanes.waiting()) if (!there.has(channelId)) this.#lanes.leave(channelId);
    await this.#goOn();
  }

  /** How telling stands: what waits for each channel, how many attempts are on their way, and what is not in D1 yet. */
  standing(): Standing {
    const channels = this.#lanes.waiting().map((each) => {
      const { failures, failingSinceMs, lastAnswer, toldMs } = this.#store.standing(each.channelId);
      return { ...each, failures, failingSinceMs, lastAnswer, isDead: toldMs !== null };
    });
    return { channels, underWay: this.#lanes.underWay() + this.#busy };
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

  /** What waits for D1 goes there, what is due goes on the queue. Never rejects: what failed is tried again by the alarm. */
  async #goOn(): Promise<void> {
    this.#busy += 1;
    try {
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

  #flush(): Promise<void> {
    if (this.#retryMs !== null && Date.now() < this.#retryMs) return Promise.resolve();
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    while (!this.#outbox.isEmpty) {
      const { ids, said } = this.#outbox.next(BATCH_NOTICES);
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
      for (const { sends } of said) for (const send of sends) this.#lanes.put(send, nowMs);
      this.#outbox.settle(ids);
      await this.#send();
    }
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
    const dues = [this.#lanes.dueMs(nowMs), this.#outbox.isEmpty ? null : (this.#retryMs ?? nowMs)];
    const dueMs = Math.min(...dues.filter((due) => due !== null));
    return dueMs !== Infinity && (await this.#alarm.want(dueMs));
  }
}

/** How telling stands, for people. */
export interface Standing {
  channels: {
    channelId: string;
    waiting: number;
    oldestMs: number;
    failures: number;
    failingSinceMs: number | null;
    lastAnswer: string | null;
    isDead: boolean;
  }[];
  underWay: number;
}

/** Whose Alerts this is: an object does not know its own name. */
class Organization {
  readonly #sql: SqlStorage;
  #id: string | null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("create table if not exists organization (id text primary key) without rowid");
    const [row] = sql.exec<{ id: string }>("select id from organization");
    this.#id = row?.id ?? null;
  }

  get id(): string {
    return this.#id ?? "";
  }

  is(id: string): void {
    if (this.#id !== null) return;
    this.#id = id;
    this.#sql.exec("insert into organization (id) values (?)", id);
  }
}
