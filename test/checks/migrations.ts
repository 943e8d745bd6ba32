import { readFile, readdir } from "node:fs/promises";
import { faultsOf } from "./migration-rules.ts";

/**
 * Refuses a migration that could cost rows, or that a Worker of before could not live with; and files that are not in a row, as
 * they are when two people each add the next one.
 */
export async function checkMigrations(dir: string): Promise<{ ok: boolean; output: string }> {
  const files = (await readdir(dir)).filter((name) => name.endsWith(".sql")).sort();
  const faults: string[] = files.length === 0 ? [`${dir}: expected migrations, found none`] : [];
  for (const file of files) {
    for (const { line, text } of faultsOf(await readFile(`${dir}/${file}`, "utf8"))) {
      faults.push(`${dir}/${file}:${line}: ${text}`);
    }
  }
  faults.push(...(await faultsOfRow(dir, files)));
  return { ok: faults.length === 0, output: faults.join("\n") };
}

/** What drizzle-kit wrote down of each migration, as far as their order goes. */
interface Written {
  tag: string;
  when: number;
}

async function faultsOfRow(dir: string, files: readonly string[]): Promise<string[]> {
  const journal: { entries: Written[] } = JSON.parse(await readFile(`${dir}/meta/_journal.json`, "utf8"));
  const again = "delete yours and its snapshot, take main's, and generate yours again on top";
  const faults: string[] = [];
  const astray = files.find((file, index) => !file.startsWith(`${numberOf(index)}_`));
  if (astray !== undefined) return [`${dir}/${astray}: expected number ${numberOf(files.indexOf(astray))}: ${again}`];
  let previousId = "00000000-0000-0000-0000-000000000000";
  for (const [index, file] of files.entries()) {
    const written = journal.entries[index];
    if (written?.tag !== file.replace(/\.sql$/, "")) {
      return [`${dir}/meta/_journal.json: expected ${file} as entry ${index}, got ${written?.tag ?? "none"}: ${again}`];
    }
    if (written.when <= (journal.entries[index - 1]?.when ?? 0)) {
      faults.push(`${dir}/meta/_journal.json: ${file} is older than the one before it: ${again}`);
    }
    const snapshot = `${dir}/meta/${numberOf(index)}_snapshot.json`;
    const { id, prevId }: { id: string; prevId: string } = JSON.parse(await readFile(snapshot, "utf8"));
    if (prevId !== previousId) faults.push(`${snapshot}: it was not made on top of the one before it: ${again}`);
    previousId = id;
  }
  const more = journal.entries[files.length];
  if (more !== undefined) faults.push(`${dir}/meta/_journal.json: ${more.tag} has no file`);
  return faults;
}

function numberOf(index: number): string {
  return String(index).padStart(4, "0");
}
