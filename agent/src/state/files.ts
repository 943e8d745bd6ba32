import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes a file whole or not at all: a reader sees the old one or the new one. Readable by its owner only. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

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
