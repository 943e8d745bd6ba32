import type { Env } from "../env.ts";
import { askDatabase } from "./ask-chain.ts";
import { callHeartbeat, type Called } from "./call-heartbeat.ts";
import type { HeartbeatRow } from "./heartbeat-records.ts";
import { dueUntil, remember, type Run } from "./core/heartbeat.ts";

/** Called in one run. */
const LIMIT = 300;
/** The platform lets a Worker wait for six answers at once (developers.cloudflare.com/workers/platform/limits). */
const AT_ONCE = 6;
/** None is begun after so long, milliseconds: the next run is there within a minute. */
const BEGUN_WITHIN_MS = 40_000;
/** Written together. */
const WRITTEN_TOGETHER = 50;

/** Those that heard the last time come first: what does not answer keeps nobody waiting but its like. */
const DUE = `
  select organization_id as organizationId, sealed_url as sealedUrl, interval_ms as intervalMs, runs from heartbeat_out
  where next_ms <= ?1 order by coalesce(called_ms, 0) > coalesce(heard_ms, 0), next_ms limit ${LIMIT}`;

/** One that was set anew meanwhile has another address, and nothing of this. */
const WRITE = `
  update heartbeat_out set next_ms = value ->> 'nextMs', called_ms = coalesce(value ->> 'calledMs', called_ms),
    heard_ms = coalesce(value ->> 'heardMs', heard_ms), answer = coalesce(value ->> 'answer', answer), runs = value -> 'runs'
  from json_each(?1) where organization_id = value ->> 'organizationId' and sealed_url = value ->> 'sealedUrl'`;

interface DueRow {
  organizationId: string;
  sealedUrl: string;
  intervalMs: number;
  runs: string | null;
}

/**
 * Calls the addresses that are due, of organizations whose alerts would find their way. Answers how it went, in words; null where all was heard, or
 * nothing was due.
 */
export async function callDueHeartbeats(env: Env, nowMs: number): Promise<string | null> {
  const { results } = await env.DB.prepare(DUE).bind(dueUntil(nowMs)).all<DueRow>();
  if (results.length === 0) return null;
  const database = await askDatabase(env, nowMs);
  if (database.kind === "fault") throw new Error(`none of ${results.length} was called: the database takes no writes`);
  const count = { heard: 0, unheard: 0, withheld: 0 };
  const written = new Writing(env.DB);
  await inTurns(results, async (row) => {
    const called = await callHeartbeat(env, row, database);
    count[called.attempt.kind] += 1;
    await written.put(rowAfter(row, called, nowMs));
  });
  await written.end();
  const left = results.length - count.heard - count.unheard - count.withheld;
  if (count.heard === results.length) return null;
  return `${count.heard} heard, ${count.unheard} not heard, ${count.withheld} withheld, ${left} left for the next run`;
}

/** The row after an attempt, as WRITE takes it. */
function rowAfter(
  { organizationId, sealedUrl, intervalMs, runs }: DueRow,
  { attempt, answer }: Called,
  nowMs: number,
): object {
  const { kind, atMs } = attempt;
  // What our own code wrote.
  const before: Run[] = runs === null ? [] : JSON.parse(runs);
  return {
    ...{ organizationId, sealedUrl, nextMs: nowMs + intervalMs, answer, runs: remember(before, attempt) },
    calledMs: kind === "withheld" ? null : atMs,
    heardMs: kind === "heard" ? atMs : null,
  };
}

/** Calls one now, whenever it is due, and writes down how it went. */
export async function callNow(env: Env, row: HeartbeatRow, nowMs: number): Promise<Called> {
  const called = await callHeartbeat(env, row, await askDatabase(env, nowMs));
  const due = { ...row, runs: row.runs === null ? null : JSON.stringify(row.runs) };
  const written = new Writing(env.DB);
  await written.put(rowAfter(due, called, nowMs));
  await written.end();
  return called;
}

/** Rows that are written together: each statement costs D1 by itself. */
class Writing {
  readonly #d1: D1Database;
  #rows: object[] = [];

  constructor(d1: D1Database) {
    this.#d1 = d1;
  }

  async put(row: object): Promise<void> {
    this.#rows.push(row);
    if (this.#rows.length >= WRITTEN_TOGETHER) await this.end();
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length > 0) await this.#d1.prepare(WRITE).bind(JSON.stringify(rows)).run();
  }
}

/** Some at once: whichever takes long has one place of them, and keeps the others from none. */
async function inTurns<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const startedMs = Date.now();
  const left = all.values();
  const place = async () => {
    for (const one of left) {
      if (Date.now() - startedMs > BEGUN_WITHIN_MS) return;
      await act(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, place));
}
