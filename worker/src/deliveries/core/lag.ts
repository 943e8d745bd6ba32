/** Attempts of one channel in some time. */
export interface ChannelDay {
  channelId: string;
  channel: string;
  /** Switched off: nothing is sent. */
  isOff: boolean;
  /** Messages that were heard for the first time. */
  heard: number;
  /** From the moment at which it was decided to tell it to the moment at which it was heard, milliseconds: half of them, and 95 of 100. Null where none was heard. */
  p50Ms: number | null;
  p95Ms: number | null;
  /** Attempts that were not heard. */
  failed: number;
  lastFailure: { atMs: number; status: number | null } | null;
}

/** What the database has of a channel. */
export interface ChannelRows {
  channelId: string;
  channel: string;
  isOff: boolean;
  lagsMs: readonly number[];
  failed: number;
  failedMs: number | null;
  failedStatus: number | null;
}

/** A day of each channel, and of all of them together. */
export function dayOf(rows: readonly ChannelRows[]): { channels: ChannelDay[]; all: Percentiles } {
  const channels = rows.map(({ channelId, channel, isOff, lagsMs, failed, failedMs, failedStatus }) => ({
    ...{ channelId, channel, isOff, ...percentilesOf(lagsMs), failed },
    lastFailure: failedMs === null ? null : { atMs: failedMs, status: failedStatus },
  }));
  return { channels, all: percentilesOf(rows.flatMap(({ lagsMs }) => lagsMs)) };
}

type Percentiles = Pick<ChannelDay, "heard" | "p50Ms" | "p95Ms">;

function percentilesOf(lagsMs: readonly number[]): Percentiles {
  const sorted = lagsMs.toSorted((a, b) => a - b);
  const rank = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? null;
  return { heard: sorted.length, p50Ms: rank(0.5), p95Ms: rank(0.95) };
}
