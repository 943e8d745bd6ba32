import { parseArgs } from "node:util";
import { type Bench, type Figure, rounded } from "./figure.ts";
import { alerts } from "./alerts.ts";
import { daily } from "./daily.ts";
import { fleet } from "./fleet.ts";
import { health } from "./health.ts";
import { link } from "./link.ts";
import { main } from "./main.ts";
import { processes } from "./processes.ts";

/** `pnpm bench [NAME…] [--only PART] [--json] [--long]`: measures, compares with a floor or a peer in the same run, never judges a test. */

const BENCHES: Bench[] = [main, processes, health, daily, link, fleet, alerts];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", multiple: true, default: [] },
    json: { type: "boolean" },
    long: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help === true) {
  console.log("pnpm bench [NAME…] [--only PART] [--json] [--long]\n");
  for (const { name, title, parts = [] } of BENCHES) {
    console.log(`  ${name.padEnd(12)}${title}`);
    if (parts.length > 0) console.log(`  ${"".padEnd(12)}--only ${parts.join(", ")}`);
  }
} else {
  await runAll(chosen(positionals));
}

function chosen(names: string[]): Bench[] {
  for (const name of names) {
    if (!BENCHES.some((bench) => bench.name === name)) {
      console.error(`expected one of ${BENCHES.map((bench) => bench.name).join(", ")}, got ${name}`);
      process.exit(2);
    }
  }
  const benches = names.length === 0 ? BENCHES : BENCHES.filter((bench) => names.includes(bench.name));
  const parts = benches.flatMap((bench) => bench.parts ?? []);
  for (const part of values.only) {
    if (parts.includes(part)) continue;
    const known = parts.length === 0 ? "no --only: it has no parts" : `--only to be one of ${parts.join(", ")}`;
    console.error(`expected ${known}, got ${part}`);
    process.exit(2);
  }
  return benches;
}

async function runAll(benches: Bench[]): Promise<void> {
  for (const bench of benches) {
    if (values.json !== true) console.log(`${bench.name}: ${bench.title}`);
    const figures = await bench.run({ long: values.long === true, only: values.only, progress });
    progress("");
    for (const figure of figures) console.log(values.json === true ? JSON.stringify(figure) : lineOf(figure));
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${text}`);
  else if (text !== "") process.stderr.write(`${text}\n`);
}

function lineOf(figure: Figure): string {
  const ratio = figure.ratio === null ? (figure.against ?? "") : `${figure.ratio.toFixed(2)} x ${figure.against ?? ""}`;
  const aim = figure.aim === null ? "" : `aim ${figure.aim}: ${figure.met === true ? "met" : "not met"}`;
  return `  ${figure.figure.padEnd(58)}${`${rounded(figure.value)} ${figure.unit}`.padStart(14)}  ${ratio.padEnd(48)} ${aim}`.trimEnd();
}
