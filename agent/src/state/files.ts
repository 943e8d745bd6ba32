import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file whole or not at all: a reader sees the old one or the new one. Readable by its owner only. */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value)}\n`);
}

/** The same for any text. Throws where the disk does not take it; then the old one stays. */
export function writeWhole(path: string, text: string): void {
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
  renameSync(temporary, path);
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
