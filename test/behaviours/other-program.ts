import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { AGENT } from "../stories/house/host.ts";

/** Writes the agent's program, changed in each of its parts: the open ones at its head, and the packed ones behind them (agent/build.ts). */
export function writeOtherProgram(path: string, change: (code: string) => string): void {
  const text = readFileSync(AGENT, "utf8");
  const changed = change(text).replaceAll(/^(\.\/\S+ )(\S+)$/gm, (line, name: string, packed: string) => {
    const code = brotliDecompressSync(Buffer.from(packed, "base64")).toString();
    const other = change(code);
    return other === code ? line : name + brotliCompressSync(other).toString("base64");
  });
  if (changed === text) throw new Error("nothing of the program was changed");
  writeFileSync(path, changed);
}

/** The next version, which differs in nothing else. */
export function writeNewerProgram(path: string): void {
  writeOtherProgram(path, (code) => code.replaceAll(/(?<=version:\s?")0\.1\.0/g, "0.1.1"));
}
