import { handOver } from "../alerts/hand-over.ts";
import type { Env } from "../env.ts";
import { type DurableRecord, type Entry, type FleetHost, isRepeated } from "./core/fleet-types.ts";
import { fairBatch } from "./core/fair-batch.ts";
import { isRefusedForGood, retryDelayMs } from "./core/retry.ts";
import type { Refused } from "./set-aside.ts";
import { SET_ASIDE } from "./core/set-aside-words.ts";
import { type HostEntries, statementsOf } from "./statements.ts";
import type { FleetStore } from "./store.ts";

/** Records in one batch: D1 gives a batch 30 s. */
const BATCH_RECORDS = 500;

/**
 * The first change goes to D1 at once. What comes while it is written waits so long for more of its kind, milliseconds, unless
 * there are so many already: each batch costs a commit and an answer to each host, whatever is in it.
 */
const GATHER_MS = 30;
const GATHER_ENTRIES = 100;

/** D1 answers within some ten milliseconds. What it has not taken after so long is kept on disk meanwhile, milliseconds. */
const AT_ONCE_MS = 1_000;

/** What follows from what the recorder did. */
export interface Recorded {
  /** D1 took these entries, or they are set aside: the hosts hear that they may forget. */
  recorded: (entries: readonly Entry[]) => void;
  /** Of these hosts something was in memory alone, and is on disk from now on. */
  kept: (hostIds: readonly string[]) => void;
  /** D1 refuses these for good: kept for a person, who is told. */
  refused: (refused: readonly Refused[]) => void;
}

/** Brings what the Fleet holds into D1, in order for each host, again and again until D1 has it. */
export class Recorder {
  /** When to try again by alarm; null while nothing failed. */
  retryAtMs: number | null = null;
  /** Rows that D1 says it wrote for this Fleet since it woke, for the bill. */
  rowsWritten = 0;
  readonly #env: Env;
  readonly #store: FleetStore;
  readonly #then: Recorded;
  #running: Promise<void> | null = null;
  /** Hosts of which D1 did not take something though it answers: they wait for the retry, alone. */
  readonly #stuck = new Set<string>();
  /** D1 did not answer at once the last time. */
  #isSlow = false;

  constructor(env: Env, store: FleetStore, then: Recorded) {
    this.#env = env;
    this.#store = store;
    this.#then = then;
  }

  /** Does D1 take what this host tells at once, for all that is known? */
  takesAtOnce(hostId: string): boolean {
    return !this.#isSlow && this.retryAtMs === null && !this.#stuck.has(hostId);
  }

  /**
   * Writes what is pending; resolves when nothing is left, D1 failed, or a retry is due later. Never rejects: what failed
   * is tried again by alarm.
   */
  flush(): Promise<void> {
    const isLater = this.retryAtMs !== null && Date.now() < this.retryAtMs;
    if (isLater && this.#stuck.size === 0) return Promise.resolve();
    if (!isLater) this.#stuck.clear();
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Is something on its way to D1 at this moment? */
  get isWriting(): boolean {
    return this.#running !== null;
  }

  async #drain(): Promise<void> {
    for (let isFirst = true; this.#ready().length > 0; isFirst = false) {
      // Hours are told one after the other, and are one row together.
      const gathers = !isFirst || this.#ready().every(isRepeated);
      if (gathers && this.#ready().length < GATHER_ENTRIES) await scheduler.wait(GATHER_MS);
      const error = await this.#tryRecord(this.#nextBatch());
      if (error === null) continue;
      const isAway = !(await this.#drainSingly());
      if (isAway) this.#stuck.clear();
      if (isAway || this.#stuck.size > 0) this.#retryLater(error);
      if (isAway) return;
    }
    if (this.#stuck.size === 0) this.retryAtMs = null;
  }

  /** One by one, so that one bad entry holds up only its own host. False where D1 is away. */
  async #drainSingly(): Promise<boolean> {
    for (const entry of [...this.#ready()]) {
      if (this.#stuck.has(entry.hostId)) continue;
      const error = await this.#tryRecord([entry]);
      if (error === null || (await this.#salvage(entry, error))) continue;
      if (!(await this.#answers())) return false;
      this.#stuck.add(entry.hostId);
    }
    return true;
  }

  /** What waits for nothing but its turn. */
  #ready(): readonly Entry[] {
    const { pending } = this.#store.journal;
    return this.#stuck.size === 0 ? pending : pending.filter(({ hostId }) => !this.#stuck.has(hostId));
  }

  /** Null once recorded, else what went wrong. */
  async #tryRecord(batch: readonly Entry[]): Promise<string | null> {
    const slow = setTimeout(() => this.#keep(), AT_ONCE_MS);
    const error = await this.#tryWrite(batch);
    clearTimeout(slow);
    if (error !== null) this.#keep();
    if (error !== null) return error;
    this.#isSlow = false;
    this.#store.settle(batch);
    this.#then.recorded(batch);
    return null;
  }

  /** It takes longer: what the hosts told is held on disk, as all is that comes before D1 answers again. */
  #keep(): void {
    this.#isSlow = true;
    const kept = this.#store.journal.keep();
    if (kept.length > 0) this.#then.kept(kept);
  }

  async #tryWrite(batch: readonly Entry[]): Promise<string | null> {
    try {
      const byHost = this.#byHost(batch);
      const statements = statementsOf(this.#env.DB, byHost);
      if (statements.length > 0) this.#count(await this.#env.DB.batch(statements));
      // Before the entry is settled.
      await handOver(this.#env, byHost, (hostId) => this.#store.services(hostId));
      return null;
    } catch (error) {
      return wordsOf(error);
    }
  }

  #count(results: readonly D1Result[]): void {
    for (const { meta } of results) this.rowsWritten += meta.rows_written;
  }

  /**
   * Of an entry that D1 refuses for good, all that it does take is recorded, and what it does not is set aside: what one
   * row is must not cost the others. False where it is not refused for good, or D1 fails meanwhile.
   */
  async #salvage(entry: Entry, refusal: string): Promise<boolean> {
    if (!this.#isForGood(entry, refusal)) return false;
    const organizationId = this.#store.hosts.get(entry.hostId)?.organizationId ?? "";
    const refused: Refused[] = [];
    const only = (part: Partial<Entry>): Entry => ({ ...entry, records: [], patch: {}, mark: null, ...part });
    const parts: [Entry, DurableRecord | null][] = entry.records.map((record) => [only({ records: [record] }), record]);
    parts.push([only({ patch: entry.patch, mark: entry.mark }), null]);
    for (const [part, record] of parts) {
      const error = await this.#tryWrite([part]);
      if (error === null) continue;
      if (!this.#isForGood(entry, error)) return false;
      // That something was set aside is not worth being set aside itself.
      if (record?.kind === "audit" && record.action === SET_ASIDE) continue;
      refused.push({ organizationId, hostId: entry.hostId, why: error, doc: JSON.stringify(record ?? part) });
    }
    this.#store.settle([entry]);
    if (refused.length > 0) this.#then.refused(refused);
    this.#then.recorded([entry]);
    return true;
  }

  #isForGood({ position }: Entry, error: string): boolean {
    return isRefusedForGood(error, Date.now() - position);
  }

  #byHost(batch: readonly Entry[]): HostEntries[] {
    const byHost = new Map<string, HostEntries>();
    for (const entry of batch) {
      const known = byHost.get(entry.hostId);
      if (known !== undefined) known.entries.push(entry);
      else this.#begin(byHost, entry);
    }
    return [...byHost.values()];
  }

  #begin(byHost: Map<string, HostEntries>, entry: Entry): void {
    const host: FleetHost | undefined = this.#store.hosts.get(entry.hostId);
    if (host !== undefined) byHost.set(host.id, { host, entries: [entry] });
  }

  #nextBatch(): Entry[] {
    return fairBatch(this.#ready(), (hostId) => this.#store.hosts.get(hostId)?.organizationId, BATCH_RECORDS);
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
    const { pending } = this.#store.journal;
    const nowMs = Date.now();
    // A position is the time of its entry: how long the oldest has waited is known after an eviction, too.
    const oldest = pending.find((entry) => !isRepeated(entry)) ?? pending[0];
    const delayMs = retryDelayMs(nowMs - (oldest?.position ?? nowMs), Math.random());
    this.retryAtMs = nowMs + delayMs;
    console.warn(`D1 did not take ${pending.length} entries; trying again in ${delayMs} ms: ${error}`);
  }
}

/** What D1 said: the innermost words, since those around them quote what was to be written. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? wordsOf(error.cause) : error.message;
}
