import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Writes down what this Worker says to its database, by running its tests and listening, before a migration is added: what a
 * Worker of before says must go on working (worker/test/worker-of-before.test.ts, which has to import the new file). Kept is what no earlier version said.
 *
 *     pnpm statements
 */
interface Said {
  text: string;
  values: unknown[];
}

const LIMIT_CHARACTERS = 6_000;
const worker = fileURLToPath(new URL("../../worker", import.meta.url));
const spoken = `${worker}/test/spoken/`;
const kept = readdirSync(spoken).filter((name) => name.endsWith(".json"));
const migrations = readdirSync(`${worker}/drizzle`).filter((name) => name.endsWith(".sql"));
const file = `${String(migrations.length - 1).padStart(4, "0")}.json`;
if (kept.includes(file)) throw new Error(`${file} is there: what this Worker says was written down before`);

const known = new Set(kept.flatMap((name) => parsed(readFileSync(spoken + name, "utf8")).map(({ text }) => text)));
const { stdout } = spawnSync("node_modules/.bin/vitest", ["run"], {
  cwd: worker,
  env: { ...process.env, SPOKEN: "1" },
  encoding: "utf8",
  maxBuffer: 1 << 28,
});
const said = new Map<string, Said>();
for (const [, line = ""] of stdout.matchAll(/^SPOKEN (.*)$/gm)) {
  const [one] = parsed(`[${line}]`);
  if (one !== undefined && isTheWorkers(one) && (said.get(one.text)?.values.length ?? 0) === 0) said.set(one.text, one);
}
writeFileSync(spoken + file, `${JSON.stringify([...said.values()], null, 1)}\n`);
console.log(`${said.size} statements in ${file}`);

function parsed(json: string): Said[] {
  return JSON.parse(json);
}

/** Tests make and drop tables, and write and read whole rows without the names of their columns. The Worker does neither. */
function isTheWorkers({ text, values }: Said): boolean {
  if (known.has(text) || JSON.stringify(values).length > LIMIT_CHARACTERS) return false;
  if (/^\s*(create|alter|drop|pragma|with recursive)\b|d1_migrations|sqlite_master/i.test(text)) return false;
  if (/^\s*(insert into "?\w+"? (values|select)|select \* from ")|order by 1, 2$/i.test(text)) return false;
  // Rows of the tests of migrations (worker/test/seeded.ts).
  if (JSON.stringify(values).includes(" 0 plain")) return false;
  // What is answered by chance is answered otherwise the second time.
  if (text.includes("random()")) return false;
  return text.includes("?") || /^\s*select/i.test(text);
}
