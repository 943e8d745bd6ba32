const MINUTE_MS = 60_000;

/** Whether a job that runs every so many minutes is due in the minute of `nowMs`. Minutes are counted from the epoch, by UTC. */
export function isDue(everyMinutes: number, nowMs: number): boolean {
  return Math.floor(nowMs / MINUTE_MS) % everyMinutes === 0;
}
