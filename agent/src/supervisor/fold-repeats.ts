/** Longest repeated passage that is looked for, lines. */
const LONGEST = 20;

/**
 * Lines of output with what is said again and again said once, and how often: a service that restarts in a loop says the same at every start, and what is
 * different would be pushed out of sight. A passage of one line is folded from three times on, a longer one from twice. The end is looked at first, so
 * a passage that is cut off at the beginning stays as it is.
 */
export function foldRepeats(lines: readonly string[]): string[] {
  const folded: string[] = [];
  for (let end = lines.length; end > 0;) {
    const { length, times } = passageBefore(lines, end);
    const said = lines.slice(end - length, end);
    if (times > 1) said.push(length === 1 ? `(${times} times)` : `(the same ${length} lines ${times} times)`);
    folded.unshift(...said);
    end -= length * times;
  }
  return folded;
}

/** The passage that ends before `end` and whose repeats save most; a line by itself where nothing is saved. */
function passageBefore(lines: readonly string[], end: number): { length: number; times: number } {
  let best = { length: 1, times: 1 };
  let saved = 0;
  for (let length = 1; length <= Math.min(LONGEST, end); length++) {
    let same = 0;
    while (end - length - same > 0 && lines[end - 1 - same] === lines[end - 1 - same - length]) same++;
    const times = 1 + Math.floor(same / length);
    // The passage itself is kept, and a line says how often it came.
    if (length * (times - 1) - 1 > saved) {
      saved = length * (times - 1) - 1;
      best = { length, times };
    }
  }
  return best;
}
