import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { bootId, isAlive, statOf } from "../process/proc.ts";

const holder = v.object({
  pid: v.number(),
  startTicks: v.nullable(v.number()),
  bootId: v.string(),
  stateId: v.string(),
});
export type Holder = v.InferOutput<typeof holder>;

/** The agent that holds a state folder, or null: a pid alone proves nothing, it must have the same start time and boot. */
export function holderOfState(stateDir: string): Holder | null {
  const found = readHolder(stateDir);
  if (found === null || found.bootId !== bootId()) return null;
  return isAlive(found.pid, found.startTicks) ? found : null;
}

/** Takes a state folder for this process; answers the other's pid where another agent lives on it. */
export function takeState(
  stateDir: string,
  stateId: string,
): { kind: "taken"; release: () => void } | { kind: "held"; pid: number } {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, "agent.json");
  const mine: Holder = {
    pid: process.pid,
    startTicks: statOf(process.pid)?.startTicks ?? null,
    bootId: bootId(),
    stateId,
  };
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      // `wx` fails where the file is: of two that start at once, one gets it.
      writeFileSync(path, JSON.stringify(mine), { flag: "wx", mode: 0o600 });
      return { kind: "taken", release: () => unlinkSync(path) };
    } catch {
      const other = holderOfState(stateDir);
      if (other !== null) return { kind: "held", pid: other.pid };
      // What a dead agent left. Its removal may race another starter's, which the next round sees.
      removeStale(path);
    }
  }
  throw new Error(`cannot take ${path}: expected to create it; remove it if no agent runs`);
}

function readHolder(stateDir: string): Holder | null {
  try {
    const parsed = v.safeParse(holder, JSON.parse(readFileSync(join(stateDir, "agent.json"), "utf8")));
    return parsed.success ? parsed.output : null;
  } catch {
    // Not there, or torn by a death in the middle of writing: nobody holds it.
    return null;
  }
}

function removeStale(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another starter removed it first.
  }
}
