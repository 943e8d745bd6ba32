import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Host, Ran } from "./host.ts";

/** What tests of a reload look at. */

export const QUICK = "backoff: { min: 50ms, max: 200ms }";

/** What a process was started with. */
export const environmentOf = (pid: number) =>
  Object.fromEntries(
    readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

/** What changed on this host, from one moment on. */
export function journalOf(host: Host): { seq: number; kind: string; service?: string; snapshot?: { name: string } }[] {
  return host
    .read(join(".afloat", "journal", "000000000001.jsonl"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line): { seq: number; kind: string } => JSON.parse(line));
}

/** The services that the agent has. */
export const namesOf = async (host: Host) => (await host.status())?.services.map(({ name }) => name);

/** Goes by the file without asking; nothing may be wrong with it. */
export async function reload(host: Host, ...args: string[]): Promise<Ran> {
  const ran = await host.afloat("reload", "--yes", ...args);
  // These tests are in a hurry, which the configuration is warned of.
  const told = ran.err.split("\n").filter((line) => !line.includes(": warning: "));
  expect(told.join("\n")).toBe("");
  return ran;
}
