const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/**
 * A duration as `afloat.yaml` writes it (`500ms`, `10s`, `1.5m`, `1h`, `30d`), in whole milliseconds; null where it is written
 * otherwise.
 */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (match === null) return null;
  const ms = Math.round(Number(match[1]) * (UNITS[match[2] ?? ""] ?? Number.NaN));
  return Number.isSafeInteger(ms) ? ms : null;
}

/** A duration as people read it, never more than it was: `40 ms`, `0.8 s`, `38 s`, `4 min 10 s`, `3 h 5 min`, `12 d 4 h`. */
export function durationWords(ms: number): string {
  const whole = Math.max(0, Math.floor(ms));
  if (whole === 0) return "0 s";
  if (whole < 100) return `${whole} ms`;
  if (whole < 10 * SECOND) return `${Math.floor(whole / 100) / 10} s`;
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)} s`;
  if (whole < HOUR) return two(whole, MINUTE, "min", SECOND, "s");
  if (whole < DAY) return two(whole, HOUR, "h", MINUTE, "min");
  return two(whole, DAY, "d", HOUR, "h");
}

function two(ms: number, unitMs: number, unit: string, restMs: number, restUnit: string): string {
  const first = Math.floor(ms / unitMs);
  const rest = Math.floor((ms % unitMs) / restMs);
  return rest === 0 ? `${first} ${unit}` : `${first} ${unit} ${rest} ${restUnit}`;
}
