/** Wall time read once and carried on by the monotonic clock: the right time of day that never jumps, in whole milliseconds. */
export function steadyClock(): () => number {
  const anchorMs = Date.now() - performance.now();
  return () => Math.round(anchorMs + performance.now());
}
