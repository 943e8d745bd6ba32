import { durationWords } from "@afloat/shared/core/duration";

/** When something of the Worker's own happened last, and how late it was. */
export interface Pulse {
  atMs: number;
  lagMs: number;
}

/** Without one of these nobody is told of anything: the record, what is done by the clock, and the way of messages. */
export const PARTS = ["database", "upkeep", "queue"] as const;
export type Part = (typeof PARTS)[number];

/** What was seen of them. */
export type Seen =
  /** The database answered: these are the pulses it holds, and when its newest table was made, where a pulse is missing; null: not known. */
  { kind: "read"; upkeep: Pulse | null; queue: Pulse | null; madeMs: number | null } | { kind: "unread"; why: string };

/** What `/healthz` answers. It says nothing of any organization. */
export interface Health {
  ok: boolean;
  failing: Part[];
  /** `ok`, what is wrong, why it is not known, or that it is starting. */
  parts: Record<Part, string>;
}

/** The upkeep comes every minute, and may have much to do, milliseconds. */
export const UPKEEP_MS = 5 * 60_000;
/** A message that says when it was sent comes every two minutes (queue-pulse.ts). */
export const QUEUE_MS = 8 * 60_000;
/** A message that takes longer from sender to consumer is late: alerts come by the same way. */
export const QUEUE_LAG_MS = 60_000;

/** starting: the installation is so new that it cannot have done it yet. */
type Judged = { kind: "ok" } | { kind: "fails" | "unknown" | "starting"; words: string };

/** Whether the Worker does what it is there for. A part of which nothing can be known fails nothing by itself: the one that hides it does. */
export function decideHealth(seen: Seen, nowMs: number): Health {
  const database: Judged = seen.kind === "read" ? { kind: "ok" } : { kind: "fails", words: seen.why };
  const upkeep = seen.kind === "read" ? judgeUpkeep(seen, nowMs) : unknownBehind("the database");
  const queue = seen.kind === "read" ? judgeQueue(seen, upkeep, nowMs) : unknownBehind("the database");
  const judged = { database, upkeep, queue };
  const failing = PARTS.filter((part) => judged[part].kind === "fails");
  const wordsOf = (of: Judged) => (of.kind === "ok" ? "ok" : of.words);
  const parts = { database: wordsOf(database), upkeep: wordsOf(upkeep), queue: wordsOf(queue) };
  return { ok: failing.length === 0, failing, parts };
}

type SeenPulses = Extract<Seen, { kind: "read" }>;

function judgeUpkeep({ upkeep: pulse, madeMs }: SeenPulses, nowMs: number): Judged {
  if (pulse === null) return neverYet("has not run yet; it comes every minute", isNew(madeMs, UPKEEP_MS, nowMs));
  const agoMs = nowMs - pulse.atMs;
  if (agoMs <= UPKEEP_MS) return { kind: "ok" };
  return { kind: "fails", words: `ended last ${durationWords(agoMs)} ago; it comes every minute` };
}

function judgeQueue({ queue: pulse, madeMs }: SeenPulses, upkeep: Judged, nowMs: number): Judged {
  const agoMs = pulse === null ? Infinity : nowMs - pulse.atMs;
  // It is the upkeep that sends what is waited for here.
  if (agoMs > QUEUE_MS && upkeep.kind === "fails") return unknownBehind("the upkeep");
  if (pulse === null) {
    const words = "no message has come through yet; one is sent every two minutes";
    return neverYet(words, isNew(madeMs, QUEUE_MS, nowMs));
  }
  if (agoMs > QUEUE_MS) return { kind: "fails", words: `no message has come through for ${durationWords(agoMs)}` };
  if (pulse.lagMs <= QUEUE_LAG_MS) return { kind: "ok" };
  return { kind: "fails", words: `messages come ${durationWords(pulse.lagMs)} after they were sent` };
}

function isNew(madeMs: number | null, limitMs: number, nowMs: number): boolean {
  return madeMs !== null && nowMs - madeMs <= limitMs;
}

function neverYet(words: string, isStarting: boolean): Judged {
  return isStarting ? { kind: "starting", words: `starting: ${words}` } : { kind: "fails", words };
}

function unknownBehind(what: string): Judged {
  return { kind: "unknown", words: `not known while ${what} fails` };
}
