const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const MINUTES = 60;
const MINUTE_MS = 60_000;

/** Ids from `from` on, up to `to`, which is none of them; null for all that follow. */
export interface Slice {
  from: string;
  to: string | null;
}

/**
 * The part of all ids whose turn it is in the minute of `nowMs`: each comes once an hour, and in each minute about as many as in any other.
 * By the first two letters, since ids are chance (auth/ids.ts); one of another alphabet falls into some minute as well.
 */
export function hourlySlice(nowMs: number): Slice {
  const minute = Math.floor(nowMs / MINUTE_MS) % MINUTES;
  return { from: minute === 0 ? "" : prefix(minute), to: minute === MINUTES - 1 ? null : prefix(minute + 1) };
}

function prefix(minute: number): string {
  const at = Math.floor((minute * ALPHABET.length ** 2) / MINUTES);
  return `${ALPHABET[Math.floor(at / ALPHABET.length)]}${ALPHABET[at % ALPHABET.length]}`;
}
