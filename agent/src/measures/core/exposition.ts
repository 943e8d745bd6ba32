/**
 * Prometheus' text format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Seconds and bytes, `_total` for what
 * only counts up, as its naming conventions want it.
 */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** All samples of one name. */
export interface Family {
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  samples: Sample[];
}

export interface Sample {
  /** `_bucket`, `_sum` and `_count` of a histogram. */
  suffix?: string;
  labels: Record<string, string>;
  /** What is not known is left out: there is no word for it, and 0 would be one for something else. */
  value: number | null;
}

/** The whole text. A family of which nothing is known is left out. */
export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.flatMap(({ suffix = "", labels, value }) =>
    value === null ? [] : [`${name}${suffix}${labelsText(labels)} ${numberText(value)}\n`],
  );
  if (lines.length === 0) return "";
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value).replaceAll('"', String.raw`\"`)}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", String.raw`\n`);

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
