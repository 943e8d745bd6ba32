/** Wall time read once and carried on by the monotonic clock: it shows the right time of day and never jumps, milliseconds. */
export function steadyClock(): () => number {
  const anchorMs = Date.now() - performance.now();
  return () => anchorMs + performance.now();
}
