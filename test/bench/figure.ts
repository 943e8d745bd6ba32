/** One measured thing, held against a floor or a peer of the same run. What `pnpm bench --json` prints, a line each. */
export interface Figure {
  bench: string;
  figure: string;
  /** The median, where several were taken. */
  value: number;
  unit: string;
  /** What it is compared with, like `bare Node: 41.0 MB`; null where there is nothing to compare with. */
  against: string | null;
  /** value / the floor's value. */
  ratio: number | null;
  /** Like `<= 1.5 x`, or null for a figure that is only stated. */
  aim: string | null;
  met: boolean | null;
}

export interface Bench {
  name: string;
  /** One line: what it measures. */
  title: string;
  /** What of it can be asked for by itself. */
  parts?: readonly string[];
  /**
   * Ends within ten minutes unless `long`. `only`: of its parts these, or all where none is named. `progress` shows a line that the
   * next one replaces.
   */
  run: (opts: { long: boolean; only: readonly string[]; progress: (text: string) => void }) => Promise<Figure[]>;
}

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error("median of nothing");
  return (upper + lower) / 2;
}

/** Of a hundred, the 95th: what all but the slowest twentieth stay within. */
export function p95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)];
  if (value === undefined) throw new Error("p95 of nothing");
  return value;
}

/** A count of what must not be. */
export function none(bench: string, figure: string, value: number, unit = ""): Figure {
  return { bench, figure, value, unit, against: null, ratio: null, aim: "0", met: value === 0 };
}

/** A figure against a floor measured in the same run; `limit` is the largest ratio that meets the aim. */
export function against(
  floor: { name: string; value: number },
  measured: { bench: string; figure: string; value: number; unit: string },
  limit: number | null,
): Figure {
  const ratio = measured.value / floor.value;
  return {
    ...measured,
    against: `${floor.name}: ${rounded(floor.value)} ${measured.unit}`,
    ratio,
    aim: limit === null ? null : `<= ${limit} x`,
    met: limit === null ? null : ratio <= limit,
  };
}

/** A rate against a floor or a peer; `limit` is the smallest ratio that meets the aim. */
export function atLeast(
  floor: { name: string; value: number },
  measured: { bench: string; figure: string; value: number; unit: string },
  limit: number,
): Figure {
  const figure = against(floor, measured, null);
  return { ...figure, aim: `>= ${limit} x`, met: figure.ratio !== null && figure.ratio >= limit };
}

/** Three significant digits, as printed; counts as they are. */
export function rounded(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
