/** The worst last. */
export const LEVELS = ["ok", "note", "warning", "problem"] as const;
export type Level = (typeof LEVELS)[number];

/** One thing that was looked at. */
export interface Finding {
  /** The family of checks: `disk`, `files`. */
  check: string;
  level: Level;
  /** A sentence without its full stop. */
  what: string;
  /** Why it matters; null where all is well. */
  why: string | null;
  /** The command to type or the line to write; null where there is nothing to mend. */
  mend: string | null;
}

/** All is well. */
export const ok = (check: string, what: string): Finding => ({ check, level: "ok", what, why: null, mend: null });

/** Something is not. */
export function finding(
  check: string,
  level: Exclude<Level, "ok">,
  what: string,
  why: string,
  mend: string | null,
): Finding {
  return { check, level, what, why, mend };
}

/** For a shell: in quotes where it needs them. */
export const quoted = (word: string) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
