import { execFileSync } from "node:child_process";
import { get } from "node:http";

/** One sample of Prometheus' text. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Scraped {
  status: number;
  text: string;
}

/** Asks as Prometheus does. */
export function scrape(port: number, headers: Record<string, string> = {}, path = "/metrics"): Promise<Scraped | null> {
  return new Promise((resolve) => {
    const call = get({ host: "127.0.0.1", port, path, headers, agent: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    call.on("error", () => resolve(null));
  });
}

/** The value of a sample, as it is now; null where there is none. */
export async function valueOf(port: number, name: string, labels: Record<string, string>): Promise<number | null> {
  const scraped = await scrape(port);
  if (scraped?.status !== 200) return null;
  const wanted = Object.entries(labels);
  const found = parseText(scraped.text).samples.find(
    (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
  );
  return found?.value ?? null;
}

/**
 * Reads the text format strictly, by its definition (prometheus.io/docs/instrumenting/exposition_formats): every line, help and type
 * once and before the samples, samples of a name together, none twice, counters named as such, buckets in order. Throws where it is not so.
 */
export function parseText(text: string): { types: Map<string, string>; samples: Sample[] } {
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let current = "";
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, of = "", rest = ""] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (helps.has(of)) throw new Error(`help twice: ${of}`);
      helps.add(of);
      current = of;
    } else if (kind === "TYPE") {
      if (types.has(of) || of !== current || !["counter", "gauge", "histogram"].includes(rest))
        throw new Error(`type: ${line}`);
      if ((rest === "counter") !== of.endsWith("_total")) throw new Error(`a counter's name ends in _total: ${line}`);
      types.set(of, rest);
    } else {
      const sample = parseSample(line);
      const base = types.get(current) === "histogram" ? sample.name.replace(/_(bucket|sum|count)$/, "") : sample.name;
      if (base !== current || !types.has(current)) throw new Error(`not under its own type: ${line}`);
      const key = `${sample.name} ${JSON.stringify(sample.labels)}`;
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      samples.push(sample);
    }
  }
  checkBuckets(samples);
  return { types, samples };
}

function parseSample(line: string): Sample {
  const [, name = "", inner = "", number = ""] =
    /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+)$/.exec(line) ?? [];
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  if (name === "" || number === "" || Number.isNaN(value)) throw new Error(`no sample: ${line}`);
  const pairs = [...inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
  return { name, labels: Object.fromEntries(pairs.map(([, label = "", text = ""]) => [label, text])), value };
}

/** Of one histogram the buckets stand together, never become less, and the last, without a bound, is the count. */
function checkBuckets(samples: readonly Sample[]): void {
  let before = 0;
  for (const { name, labels, value } of samples) {
    if (!name.endsWith("_bucket")) continue;
    if (value < before) throw new Error(`a bucket is less than the one before it: ${JSON.stringify(labels)}`);
    before = labels["le"] === "+Inf" ? 0 : value;
    if (labels["le"] !== "+Inf") continue;
    const count = samples.find(
      (sample) => sample.name === name.replace(/_bucket$/, "_count") && sample.labels["service"] === labels["service"],
    );
    if (count?.value !== value) throw new Error(`the last bucket is not the count: ${JSON.stringify(labels)}`);
  }
}

/** What `promtool check metrics` has against a text, nothing where all is well; null where there is no promtool (Debian's prometheus package has it). */
export function promtoolFaults(text: string): string | null {
  try {
    execFileSync("promtool", ["--version"], { stdio: "ignore" });
  } catch {
    return null;
  }
  try {
    return execFileSync("promtool", ["check", "metrics"], {
      input: text,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
    });
  } catch (error) {
    return error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  }
}
