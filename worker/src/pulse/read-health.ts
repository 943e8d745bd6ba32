import { within } from "../within.ts";
import { decideHealth, type Health, type Seen } from "./core/health.ts";
import { readPulses } from "./pulses.ts";

/** Whoever asks may be anybody: the database is asked once in so long by an isolate, milliseconds. */
const FRESH_MS = 5_000;
/** Longer than this it does not answer, milliseconds. */
const ANSWER_MS = 3_000;

/** Only what was read is shared, never the reading itself: it would end with the request that began it. */
let last: { askedMs: number; health: Health } | null = null;

/** How the Worker does, as it was seen some seconds ago at most. Never rejects. */
export async function readHealth(d1: D1Database, nowMs: number): Promise<Health> {
  if (last !== null && nowMs >= last.askedMs && nowMs - last.askedMs < FRESH_MS) return last.health;
  // Whoever comes while the database is asked is told what was known before.
  if (last !== null) last = { ...last, askedMs: nowMs };
  const health = decideHealth(await look(d1), nowMs);
  last = { askedMs: nowMs, health };
  return health;
}

async function look(d1: D1Database): Promise<Seen> {
  try {
    const pulses = await within(ANSWER_MS, readPulses(d1));
    const [upkeep, queue] = [pulses.get("upkeep") ?? null, pulses.get("queue") ?? null];
    const madeMs = upkeep === null || queue === null ? await readMadeMs(d1) : null;
    return { kind: "read", upkeep, queue, madeMs };
  } catch (error) {
    console.warn("health: the database does not answer", error);
    return { kind: "unread", why: "does not answer a read" };
  }
}

/** When the newest migration was applied, as wrangler and the embedded server both write it down; null where it cannot be said. */
async function readMadeMs(d1: D1Database): Promise<number | null> {
  try {
    const newest = d1.prepare("select max(unixepoch(applied_at)) * 1000 as madeMs from d1_migrations");
    return (await within(ANSWER_MS, newest.first<number>("madeMs"))) ?? null;
  } catch (error) {
    console.warn("health: when the database was made cannot be said", error);
    return null;
  }
}
