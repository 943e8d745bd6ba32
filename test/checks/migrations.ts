import { readFile, readdir } from "node:fs/promises";

/**
 * Refuses a migration that drops or rebuilds a table: drizzle-kit's rebuilds silently empty the children behind
 * ON DELETE CASCADE on D1. Add a column or a table instead; a rebuild that must be is written by hand, with a copy of the children.
 */
export async function checkMigrations(dir: string): Promise<{ ok: boolean; output: string }> {
  const faults: string[] = [];
  const files = (await readdir(dir)).filter((name) => name.endsWith(".sql")).sort();
  if (files.length === 0) faults.push(`${dir}: expected migrations, found none`);
  for (const file of files) {
    const lines = (await readFile(`${dir}/${file}`, "utf8")).split("\n");
    lines.forEach((line, i) => {
      const fault = faultOf(line);
      if (fault !== null) faults.push(`${dir}/${file}:${i + 1}: ${fault}: ${line.trim()}`);
    });
  }
  return { ok: faults.length === 0, output: faults.join("\n") };
}

/** What is wrong with a line of a migration, or null. */
export function faultOf(line: string): string | null {
  const code = line.replace(/--.*$/, "");
  if (/\bdrop\s+table\b/i.test(code)) return "a table is dropped";
  if (/__new_/i.test(code)) return "a table is rebuilt";
  if (/\bon\s+delete\s+cascade\b/i.test(code)) return "a delete that cascades";
  if (/\bautoincrement\b/i.test(code)) return "AUTOINCREMENT costs a second row for each insert";
  if (/\bforeign_keys\b/i.test(code)) return "foreign keys are switched, as a rebuild of a table does";
  if (/\bdrop\s+column\b|\brename\b/i.test(code))
    return "a Worker of before, which runs on for a while, needs what is dropped or renamed";
  if (/\balter\s+table\b.*\badd\b/i.test(code) && /\bnot\s+null\b/i.test(code) && !/\bdefault\b/i.test(code))
    return "a column that is NOT NULL without a DEFAULT: rows that are there, and a Worker of before, have none";
  if (/\bdelete\s+from\b/i.test(code)) return "rows are deleted";
  return null;
}
