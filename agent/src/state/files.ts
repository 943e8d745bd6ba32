import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file whole or not at all: a reader sees the old one or the new one. Readable by its owner only. */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value)}\n`);
}

/** The same, and on the disk itself before this returns: it survives a power failure. Throws where the disk does not take it. */
export function writeJsonForGood(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value)}\n`, true);
  // The name, too: it stands in the folder.
  sync(dirname(path));
}

/** The same for any text. Throws where the disk does not take it; then the old one stays. `flush`: its content is on the disk first. */
export function writeWhole(path: string, text: string, flush = false): void {
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
  } catch (error) {
    if (!isMissing(error)) {
      rmSync(temporary, { force: true });
      throw error;
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, text, { mode: 0o600 });
  }
  if (flush) sync(temporary);
  renameSync(temporary, path);
}

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

/** A JSON file's content; undefined where there is none. A torn one is set aside, said, and survived. */
export function readJson(path: string, say: (text: string) => void): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    const aside = `${path}.broken-${Date.now()}`;
    renameSync(path, aside);
    say(`${path} could not be read as JSON; it was set aside as ${aside}`);
    return undefined;
  }
}
