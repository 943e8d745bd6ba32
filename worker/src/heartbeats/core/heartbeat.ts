/** Every so many minutes. The upkeep comes once a minute. */
export const MINUTES = { least: 1, most: 60, unlessSaid: 1 };
const MINUTE_MS = 60_000;
/** The upkeep may come a little before its minute, milliseconds. */
const EARLY_MS = 30_000;
/** So many changes of how it goes are kept. */
const KEPT_RUNS = 12;

/** One time at which it was due. */
export type Attempt =
  /** It was called, and answered well. */
  | { kind: "heard"; atMs: number; words: string; tookMs: number }
  /** It was called; the answer was none, or no good one. */
  | { kind: "unheard"; atMs: number; words: string; tookMs: number }
  /** It was not called: somebody is to notice. */
  | { kind: "withheld"; atMs: number; words: string };

/** Attempts in a row that came to the same, the last of them at `untilMs`. */
export interface Run {
  kind: Attempt["kind"];
  words: string;
  fromMs: number;
  untilMs: number;
  times: number;
  /** Of the last one. */
  tookMs: number | null;
}

/** How it went, the latest first, with one more attempt. What comes to the same is one line: an hour ago is not forgotten by a good hour. */
export function remember(runs: readonly Run[], attempt: Attempt): Run[] {
  const { kind, atMs, words } = attempt;
  const tookMs = attempt.kind === "withheld" ? null : attempt.tookMs;
  const [last, ...before] = runs;
  if (last !== undefined && last.kind === kind && alike(last.words) === alike(words)) {
    return [{ ...last, words, untilMs: atMs, times: last.times + 1, tookMs }, ...before];
  }
  return [{ kind, words, fromMs: atMs, untilMs: atMs, times: 1, tookMs }, ...runs].slice(0, KEPT_RUNS);
}

/** Words without their durations: "for 5 min" and "for 6 min 2 s" are the same trouble. */
function alike(words: string): string {
  return words.replaceAll(/\d+(?:\.\d+)? (?:ms|s|min|h|d)\b(?: \d+ (?:s|min|h)\b)?/g, "so long");
}

/** What is due until then is called by the upkeep of the minute of `nowMs`. */
export function dueUntil(nowMs: number): number {
  return nowMs + EARLY_MS;
}

/** Due for so long, and nothing came of it: whoever should have called it does not come, milliseconds. */
const FORGOTTEN_MS = 2 * MINUTE_MS;

export function isForgotten(nextMs: number, nowMs: number): boolean {
  return nowMs - nextMs > FORGOTTEN_MS;
}

/** Whole minutes as they were typed, in milliseconds; null where they are none, too few or too many. */
export function parseInterval(typed: string): number | null {
  const text = typed.trim() === "" ? String(MINUTES.unlessSaid) : typed.trim();
  const minutes = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return minutes >= MINUTES.least && minutes <= MINUTES.most ? minutes * MINUTE_MS : null;
}

/** An address as it is shown: whoever knows the whole of it can pretend to be us. */
export function shownUrl(url: string): string {
  const { origin, pathname, search } = new URL(url);
  const secret = `${pathname}${search}`;
  return secret.length < 12 ? `${origin}/…` : `${origin}/…${secret.slice(-4)}`;
}
