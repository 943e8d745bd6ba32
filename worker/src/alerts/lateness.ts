import type { AlertsLateness } from "../heartbeats/core/chain.ts";
import { openAgainMs } from "./core/lane.ts";
import type { LaneStore } from "./lane-store.ts";

interface Known {
  store: LaneStore;
  /** Those that are on; null where that was never known. */
  channelIds: readonly string[] | null;
  /** Since when D1 or the queue takes nothing; null while all is well. */
  failingSinceMs: number | null;
  /** What the alarm is set for; null where nothing is to come. */
  alarmMs: number | null;
}

/** How far telling is behind. What a channel itself does not hear makes nobody late, unless none hears. */
export function latenessOf({ store, channelIds, failingSinceMs, alarmMs }: Known, nowMs: number): AlertsLateness {
  return {
    alarmMs: Math.max(0, nowMs - (alarmMs ?? nowMs)),
    unrecordedMs: Math.max(0, nowMs - (failingSinceMs ?? nowMs)),
    untriedMs: Math.max(0, nowMs - oldestUntriedMs(store, nowMs)),
    deafMs: deafMs(store, channelIds ?? [], nowMs),
    channels: channelIds?.length,
  };
}

/** When the oldest message was put into its lane that may go out and was never tried, of channels that hear. */
function oldestUntriedMs(store: LaneStore, nowMs: number): number {
  const begun = new Set<string>();
  let oldestMs = nowMs;
  for (const { channelId, lane, attempts, putMs } of store.items.values()) {
    const of = `${channelId} ${lane}`;
    const isHead = !begun.has(of);
    begun.add(of);
    const standing = store.standing(channelId);
    // One that asked to be left alone for a while is.
    const hears = standing.failures === 0 && openAgainMs(standing) <= nowMs;
    if (isHead && attempts === 0 && hears) oldestMs = Math.min(oldestMs, putMs);
  }
  return oldestMs;
}

/** For how long no channel has heard what waits for it, or was for it; 0 while one hears, or there is none. */
function deafMs(store: LaneStore, channelIds: readonly string[], nowMs: number): number {
  const waiting = new Set([...store.items.values()].map(({ channelId }) => channelId));
  const sinceMs = channelIds.map((id) => {
    const { failingSinceMs, toldMs } = store.standing(id);
    // Of one that refuses nothing waits, and it is believed to refuse the next, too.
    return (waiting.has(id) ? failingSinceMs : null) ?? toldMs ?? nowMs;
  });
  return sinceMs.length === 0 ? 0 : Math.max(0, nowMs - Math.max(...sinceMs));
}
