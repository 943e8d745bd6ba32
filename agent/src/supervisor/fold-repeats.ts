/** Longest repeated passage that is looked for, lines. */
const LONGEST = 20;

/** What differs each time though the same is said: dates, times of day, moments as a number, and process numbers. */
const MOMENTARY = new RegExp(
  [
    String.raw`\b\d{4}[-/]\d\d[-/]\d\d`,
    String.raw`\b\d{1,2}[ /](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[ /]\d{4}`,
    String.raw`\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}\b`,
    String.raw`\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|[+-]\d\d:?\d\d))?`,
    // Since 1970: in seconds until the year 2033, with or without a fraction; or milli-, micro- or nanoseconds.
    String.raw`\b1\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?\b`,
    String.raw`\[\d{2,7}\](?=[:\s])`,
    String.raw`\bpid\b\W{0,3}\d+`,
  ].join("|"),
  "gi",
);

/**
 * Lines of output with what is said again and again said once, and how often: a service that restarts in a loop says the same at every start, and what is
 * different would be pushed out of sight. A passage of one line is folded from three times on, a longer one from twice. The end is looked at first, so
 * a passage that is cut off at the beginning stays as it is. Lines that differ in nothing but when they were said, and by which process, are the same;
 * the last is shown.
 */
export function foldRepeats(lines: readonly string[]): string[] {
  const said = lines.map((line) => line.replaceAll(MOMENTARY, "\0"));
  const folded: string[] = [];
  for (let end = lines.length; end > 0;) {
    const { length, times } = passageBefore(said, end);
    const passage = lines.slice(end - length, end);
    if (times > 1) passage.push(length === 1 ? `(${times} times)` : `(the same ${length} lines ${times} times)`);
    folded.unshift(...passage);
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
