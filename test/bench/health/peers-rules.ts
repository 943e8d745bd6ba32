/**
 * When peers would say that a service restarts in a loop, by their documented rules and defaults. They are given the same
 * starts and exits as the agent's rules; milliseconds, null for never.
 */

/** When processes started and ended, in order; times on one clock. */
export interface History {
  /** The start that a person asked for. */
  bornMs: number;
  starts: readonly number[];
  exits: readonly { atMs: number; ranMs: number }[];
}

const PM2_MIN_UPTIME_MS = 1_000;
const PM2_MAX_RESTARTS = 16;

/** pm2 7 (lib/God.js): exits within `min_uptime`, counted only for `min_uptime` x `max_restarts` after a person's start. */
export function pm2NoticesMs({ bornMs, exits }: History): number | null {
  const counted = exits.filter(
    ({ atMs, ranMs }) => atMs - bornMs < PM2_MIN_UPTIME_MS * PM2_MAX_RESTARTS && ranMs < PM2_MIN_UPTIME_MS,
  );
  return counted[PM2_MAX_RESTARTS - 1]?.atMs ?? null;
}

const SYSTEMD_BURST = 5;
const SYSTEMD_INTERVAL_MS = 10_000;

/** systemd.unit(5): a start is refused after StartLimitBurst=5 starts within StartLimitIntervalSec=10 s. */
export function systemdNoticesMs({ starts }: History): number | null {
  const refused = starts.find((atMs, i) => {
    const before = starts[i - SYSTEMD_BURST];
    return before !== undefined && atMs - before < SYSTEMD_INTERVAL_MS;
  });
  return refused ?? null;
}
