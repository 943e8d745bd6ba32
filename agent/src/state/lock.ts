import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
  const found = readHolder(join(stateDir, "agent.json"));
  return found !== null && isLiving(found) ? found : null;
}

/** A state folder that is ours. */
export interface Lock {
  kind: "taken";
  /** False where another starter took it in the very moment in which we did: then it is his. */
  isOurs: () => boolean;
  release: () => void;
}

/** Takes a state folder for this process; answers the other's pid where another agent lives on it. */
export function takeState(stateDir: string, stateId: string): Lock | { kind: "held"; pid: number } {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const path = join(stateDir, "agent.json");
  const mine: Holder = {
    pid: process.pid,
    startTicks: statOf(process.pid)?.startTicks ?? null,
    bootId: bootId(),
    stateId,
  };
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (linked(beside, path)) return lockOf(stateDir, path);
      const other = holderOfState(stateDir) ?? removeStale(path);
      if (other !== null) return { kind: "held", pid: other.pid };
    }
  } finally {
    rmSync(beside, { force: true });
  }
  throw new Error(`cannot take ${path}: expected to create it; remove it if no agent runs`);
}

function lockOf(stateDir: string, path: string): Lock {
  const isOurs = () => readHolder(join(stateDir, "agent.json"))?.pid === process.pid;
  return { kind: "taken", isOurs, release: () => (isOurs() ? rmSync(path, { force: true }) : undefined) };
}

/** A link is there whole or not at all, and of two that start at once, one gets it. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

/** What a dead agent left is put aside, and looked at once more: where another starter was quicker, it is his and he gets it back. */
function removeStale(path: string): Holder | null {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    // Another starter put it aside first.
    return null;
  }
  const found = readHolder(aside);
  const living = found !== null && isLiving(found) ? found : null;
  if (living !== null) linked(aside, path);
  rmSync(aside, { force: true });
  return living;
}

const isLiving = (found: Holder) => found.bootId === bootId() && isAlive(found.pid, found.startTicks);

function readHolder(path: string): Holder | null {
  try {
    const parsed = v.safeParse(holder, JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.output : null;
  } catch {
    // Not there, or foreign: nobody holds it.
    return null;
  }
}
