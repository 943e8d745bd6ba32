import { type Connection, pingedMs } from "./connections.ts";
import { eventsOf } from "./happenings.ts";
import type { HostScript, Ours, Script } from "./script.ts";
import { spansOn } from "./work.ts";

/** An alarm that rings later than this after what it was for, milliseconds, means that we were away. */
const ABSENCE_MS = 20_000;
/** An alarm rings so much after what it is for. */
const GRACE_MS = 500;
/** What is due is told within this, alarms and the moment between included. */
export const SOON_MS = 1_500;
/** A host that posts has so long from when we woke: none of its posts may have met us awake before. */
const HTTP_BACK_MS = 75_000;
/** D1 that was away is asked again at least this often. */
const D1_AGAIN_MS = 61_000;

/** When it may be told, and when it must have been. */
interface Deadline {
  earliestMs: number;
  latestMs: number;
}

/** Between two connections, or after the last one; with when its silence is told. */
export interface Gap extends Deadline {
  before: Connection;
  /** When it was heard last. */
  heardMs: number;
  /** Its next hello; Infinity where there is none on this day. */
  backMs: number;
}

/** Times in which a host was not connected, but for those that nobody has to hear of: announced, or past its time with us. */
export function gapsOf(host: HostScript, connections: readonly Connection[], script: Script): Gap[] {
  const sentMs = eventsOf(host, connections, script).map(({ atMs }) => atMs);
  return connections.flatMap((before, index) => {
    if (before.end === "bye" || before.end === "revoked" || before.end === "day") return [];
    const saidMs = sentMs.filter((atMs) => atMs >= before.helloMs && atMs < before.endMs);
    const seenMs = before.end === "lost" ? 0 : before.endMs;
    const heardMs = Math.max(before.helloMs, pingedMs(host, before, before.endMs) ?? 0, seenMs, ...saidMs);
    const backMs = connections[index + 1]?.helloMs ?? Infinity;
    return [{ before, heardMs, backMs, ...maintainedDeadlineOf(host, script, heardMs) }];
  });
}

/** During maintenance nobody waits for it: its deadline counts from the end of that. */
function maintainedDeadlineOf(host: HostScript, script: Script, heardMs: number): Deadline {
  const at = (fromMs: number) =>
    host.speaks === "http" ? httpDeadlineOf(host, script, fromMs) : deadlineOf(host, script, fromMs);
  const { earliestMs, latestMs } = at(heardMs);
  const meanwhile = spansOn(host, null).find(({ fromMs, toMs }) => heardMs < toMs && fromMs <= latestMs);
  if (meanwhile === undefined) return { earliestMs, latestMs };
  const after = at(meanwhile.toMs);
  // Where it begins while the deadline may have been, either is right.
  const isBefore = meanwhile.fromMs > earliestMs;
  return {
    earliestMs: isBefore ? earliestMs : Math.max(earliestMs, after.earliestMs),
    latestMs: Math.max(latestMs, after.latestMs),
  };
}

/** When the silence since `heardMs` may be, and has to be told, with what we were away ourselves. */
function deadlineOf(host: HostScript, script: Script, heardMs: number): Deadline {
  const { offlineAfterMs } = host;
  let earliestMs = heardMs + offlineAfterMs;
  let latestMs = earliestMs;
  let isDropped = false;
  for (const each of oursOf(script, host.fleet)) {
    if ((each.kind === "deploy" || each.kind === "move") && each.atMs >= heardMs && each.atMs <= latestMs + GRACE_MS) {
      isDropped = true;
      latestMs = Math.max(latestMs, each.atMs + offlineAfterMs);
    }
    // A connection that we lost counts from when we woke last.
    if (each.kind === "eviction" && isDropped && each.atMs <= latestMs + GRACE_MS)
      latestMs = each.atMs + offlineAfterMs;
    if (each.kind === "cloud-away" && each.toMs >= heardMs && each.fromMs <= latestMs + GRACE_MS) {
      isDropped = true;
      if (each.toMs - earliestMs > ABSENCE_MS) earliestMs = Math.max(earliestMs, each.toMs + offlineAfterMs);
      latestMs = Math.max(latestMs, each.toMs + offlineAfterMs);
    }
    if (each.kind === "lost-alarm" && each.fromMs <= latestMs + GRACE_MS && latestMs < each.toMs) {
      latestMs = each.toMs + offlineAfterMs;
    }
    if (each.kind === "late-alarm" && each.fromMs <= latestMs + GRACE_MS && latestMs < each.toMs) {
      latestMs = afterLate(latestMs, each.toMs, offlineAfterMs);
    }
  }
  return { earliestMs, latestMs };
}

/**
 * The same of a host that posts. Of its last posts the disk does not know, so that after we slept its deadline may seem to have been
 * earlier; but then it has a while from when we woke.
 */
function httpDeadlineOf({ offlineAfterMs, fleet }: HostScript, script: Script, heardMs: number): Deadline {
  let dueMs = heardMs + offlineAfterMs;
  let earliestMs = dueMs;
  let backMs = -Infinity;
  for (const each of oursOf(script, fleet)) {
    const endMs = "atMs" in each ? each.atMs : each.toMs;
    const fromMs = "atMs" in each ? each.atMs : each.fromMs;
    if (each.kind === "d1-away" || each.kind === "doubled-alarm" || endMs < heardMs || fromMs > dueMs + GRACE_MS)
      continue;
    if (each.kind === "deploy" || each.kind === "eviction") {
      earliestMs = Math.min(earliestMs, heardMs + (2 * offlineAfterMs) / 3);
      backMs = endMs + HTTP_BACK_MS;
    } else if (each.kind === "move") {
      earliestMs = Math.min(earliestMs, heardMs + (2 * offlineAfterMs) / 3);
      dueMs = Math.max(dueMs, endMs + offlineAfterMs);
    } else if (each.kind === "cloud-away") {
      if (endMs - dueMs > ABSENCE_MS) earliestMs = endMs + offlineAfterMs;
      dueMs = Math.max(dueMs, endMs + offlineAfterMs);
    } else if (dueMs < endMs) {
      dueMs = each.kind === "lost-alarm" ? endMs + offlineAfterMs : afterLate(dueMs, endMs, offlineAfterMs);
    }
  }
  return { earliestMs, latestMs: Math.max(dueMs, backMs) };
}

/** When it may, and must be told that a host is not back that said to be back at `untilMs`. */
export function overdueOf(host: HostScript, script: Script, untilMs: number): Deadline {
  let latestMs = untilMs;
  for (const each of oursOf(script, host.fleet)) {
    // Who takes it over waits for it anew.
    if (each.kind === "move" && each.atMs <= latestMs + GRACE_MS)
      latestMs = Math.max(latestMs, each.atMs + host.offlineAfterMs);
    if (!("toMs" in each) || each.kind === "d1-away") continue;
    if (each.fromMs > latestMs + GRACE_MS || latestMs >= each.toMs) continue;
    // A lost one may be set again at any time before.
    if (each.kind === "lost-alarm") latestMs = each.toMs + host.offlineAfterMs;
    else latestMs = afterLate(latestMs, each.toMs, host.offlineAfterMs);
  }
  return { earliestMs: untilMs, latestMs };
}

/** A deadline at `dueMs` of which the alarm rang at `rangMs`: late enough, it counts anew. */
function afterLate(dueMs: number, rangMs: number, offlineAfterMs: number): number {
  return rangMs - dueMs > ABSENCE_MS ? rangMs + offlineAfterMs : rangMs;
}

/** When a hold that is over at `atMs` ends: where its alarm is late enough, it begins anew. */
export function heldToMs(script: Script, fleet: number, atMs: number, holdMs: number): number {
  const rangMs = ringsMs(script, fleet, atMs);
  return rangMs - atMs > ABSENCE_MS ? rangMs + holdMs : rangMs;
}

/** When the alarm for `atMs` rings. */
export function ringsMs(script: Script, fleet: number, atMs: number): number {
  let rings = atMs;
  for (const each of oursOf(script, fleet)) {
    if (!("toMs" in each) || each.kind === "d1-away") continue;
    if (each.fromMs <= rings + GRACE_MS && rings < each.toMs) rings = each.toMs;
  }
  return rings;
}

/** What has to be told at `atMs` is told by then: it may have to wait for D1, which is asked again by the alarm. */
export function toldByMs(script: Script, fleet: number, atMs: number): number {
  const away = script.ours.find(
    (each) => each.kind === "d1-away" && each.fromMs <= atMs + SOON_MS && atMs < each.toMs + D1_AGAIN_MS,
  );
  if (away?.kind !== "d1-away") return atMs + SOON_MS;
  return ringsMs(script, fleet, away.toMs + D1_AGAIN_MS) + SOON_MS;
}

/** What happens to us that a Fleet notices, in order. */
export function oursOf(script: Script, fleet: number): readonly Ours[] {
  const known = OURS.get(script) ?? new Map<number, Ours[]>();
  OURS.set(script, known);
  const before = known.get(fleet);
  if (before !== undefined) return before;
  const endOf = (each: Ours) => ("atMs" in each ? each.atMs : each.toMs);
  const own = script.ours.filter((each) => !("fleet" in each) || each.fleet === fleet);
  own.sort((a, b) => endOf(a) - endOf(b));
  known.set(fleet, own);
  return own;
}

/** It is asked for each moment of each host. */
const OURS = new WeakMap<Script, Map<number, Ours[]>>();
