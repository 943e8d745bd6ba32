import { and, eq, isNull } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { channel } from "../db/schema.ts";
import type { Env, NoticeMessage } from "../env.ts";
import type { Entry, FleetHost } from "./core/fleet-types.ts";
import { hostStatement, noticeIdOf, type Statement, statementsOf } from "./statements.ts";
import type { FleetStore } from "./store.ts";

/** Statements in one batch; D1 gives a batch 30 s. */
const BATCH_STATEMENTS = 100;
/** An entry that failed so often by itself, while D1 answers, is not D1's fault. */
const POISONED_AFTER = 5;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** Brings what the Fleet holds into D1, in order for each host, again and again until D1 has it. */
export class Recorder {
  /** When to try again by alarm; null while nothing failed. */
  retryAtMs: number | null = null;
  readonly #env: Env;
  readonly #db: DrizzleD1Database;
  readonly #store: FleetStore;
  readonly #recorded: (entries: readonly Entry[]) => void;
  readonly #attempts = new Map<number, number>();
  #failures = 0;
  #running: Promise<void> | null = null;

  /** `recorded` is called after D1 took some entries, so that the hosts hear that they may forget. */
  constructor(env: Env, store: FleetStore, recorded: (entries: readonly Entry[]) => void) {
    this.#env = env;
    this.#db = drizzle(env.DB);
    this.#store = store;
    this.#recorded = recorded;
  }

  /**
   * Writes what is pending; resolves when nothing is left, D1 failed, or a retry is due later. Never rejects: what failed
   * is tried again by alarm.
   */
  flush(): Promise<void> {
    if (this.retryAtMs !== null && Date.now() < this.retryAtMs) return Promise.resolve();
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#store.pending.length > 0) {
      const error = await this.#tryRecord(this.#nextBatch());
      if (error !== null && !(await this.#drainSingly())) return this.#retryLater(error);
    }
    this.#failures = 0;
    this.retryAtMs = null;
  }

  /** One by one, so that one bad entry holds up only its own host. True where nothing is left behind. */
  async #drainSingly(): Promise<boolean> {
    const stuck = new Set<string>();
    for (const entry of [...this.#store.pending]) {
      if (stuck.has(entry.hostId)) continue;
      const error = await this.#tryRecord([entry]);
      if (error === null) continue;
      if (!(await this.#answers())) return false;
      if (!this.#isPoisoned(entry, error)) stuck.add(entry.hostId);
    }
    return stuck.size === 0;
  }

  /** Null once recorded, else what went wrong. */
  async #tryRecord(batch: readonly Entry[]): Promise<string | null> {
    try {
      await this.#record(batch);
    } catch (error) {
      return wordsOf(error);
    }
    for (const entry of batch) this.#attempts.delete(entry.position);
    this.#store.settle(batch);
    this.#recorded(batch);
    return null;
  }

  async #record(batch: readonly Entry[]): Promise<void> {
    const statements = this.#statements(batch);
    const [first, ...rest] = statements;
    if (first !== undefined) await this.#db.batch([first, ...rest]);
    // Before the entry is settled: a notice may be sent twice, with the same id, but never not at all.
    await this.#sendNotices(batch);
  }

  #statements(batch: readonly Entry[]): Statement[] {
    const statements: Statement[] = [];
    for (const host of this.#hostsOf(batch)) {
      const entries = batch.filter((entry) => entry.hostId === host.id);
      for (const entry of entries) statements.push(...statementsOf(this.#db, host, entry));
      const own = hostStatement(this.#db, host, entries);
      if (own !== null) statements.push(own);
    }
    return statements;
  }

  async #sendNotices(batch: readonly Entry[]): Promise<void> {
    for (const host of this.#hostsOf(batch)) {
      const notices = batch
        .filter((entry) => entry.hostId === host.id)
        .flatMap((entry) => entry.records)
        .filter((record) => record.kind === "notice");
      if (notices.length === 0) continue;
      const organizationId = host.organizationId;
      const channels = await this.#db
        .select({ id: channel.id })
        .from(channel)
        .where(and(eq(channel.organizationId, organizationId), isNull(channel.disabledMs)));
      const messages = notices.flatMap(({ incidentId, phase }) =>
        channels.map(({ id }): MessageSendRequest<NoticeMessage> => ({
          body: { organizationId, noticeId: noticeIdOf(incidentId, phase), channelId: id },
        })),
      );
      if (messages.length > 0) await this.#env.NOTICES.sendBatch(messages);
    }
  }

  #hostsOf(batch: readonly Entry[]): FleetHost[] {
    const ids = new Set(batch.map((entry) => entry.hostId));
    return [...ids].flatMap((id) => this.#store.hosts.get(id) ?? []);
  }

  #nextBatch(): Entry[] {
    const batch: Entry[] = [];
    let statements = 0;
    for (const entry of this.#store.pending) {
      statements += entry.records.length + 1;
      if (batch.length > 0 && statements > BATCH_STATEMENTS) break;
      batch.push(entry);
    }
    return batch;
  }

  /** D1 answers, but not to this: after a few tries it is set aside. */
  #isPoisoned(entry: Entry, error: string): boolean {
    const attempts = (this.#attempts.get(entry.position) ?? 0) + 1;
    this.#attempts.set(entry.position, attempts);
    if (attempts < POISONED_AFTER) return false;
    this.#attempts.delete(entry.position);
    this.#store.setAside(entry, error);
    this.#recorded([entry]);
    console.error(`set aside what D1 refused ${attempts} times: ${entry.hostId} at ${entry.position}: ${error}`);
    return true;
  }

  /** Is it D1 that is away? */
  async #answers(): Promise<boolean> {
    try {
      await this.#env.DB.prepare("select 1").first();
      return true;
    } catch {
      // The answer to the question is in the failure.
      return false;
    }
  }

  #retryLater(error: string): void {
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.retryAtMs = Date.now() + delayMs * (0.5 + Math.random() / 2);
    console.warn(
      `D1 did not take ${this.#store.pending.length} entries; trying again in ${delayMs} ms at most: ${error}`,
    );
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
