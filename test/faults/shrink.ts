/**
 * The shortest part of a sequence that still fails, as far as so many tries find it: leaves out halves, then quarters, and so on
 * (delta debugging; Zeller and Hildebrandt, 2002). `fails` may be wrong now and then, since what it runs is not the same each time.
 */
export async function shrink<T>(
  steps: readonly T[],
  fails: (steps: readonly T[]) => Promise<boolean>,
  tries: number,
): Promise<readonly T[]> {
  let shortest = steps;
  let parts = 2;
  for (let left = tries; left > 0 && shortest.length > 1;) {
    const size = Math.ceil(shortest.length / parts);
    let isShorter = false;
    for (let at = 0; at < shortest.length && left > 0 && !isShorter; at += size) {
      const fewer = [...shortest.slice(0, at), ...shortest.slice(at + size)];
      left--;
      if (!(await fails(fewer))) continue;
      shortest = fewer;
      isShorter = true;
    }
    if (isShorter) parts = Math.max(2, parts - 1);
    else if (size === 1) break;
    else parts = Math.min(shortest.length, parts * 2);
  }
  return shortest;
}
