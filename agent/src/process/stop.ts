import { setTimeout as wait } from "node:timers/promises";
import type { StopSignal } from "@afloat/shared/domain";
import { type Members, sendSignal } from "./members.ts";
import { type ProcessStat, ticksSinceBoot } from "./proc.ts";

/** The pace at which ending processes are looked at, milliseconds: quick at first, most end at once. */
const FIRST_LOOK_MS = 2;
const SLOWEST_LOOK_MS = 50;
/** How long killed processes may take to go, milliseconds; a process stuck in the kernel is not waited for for ever. */
const KILLED_MS = 5000;

type Stoppable = Pick<Members, "find" | "living">;

export interface StopPlan {
  signal: StopSignal;
  timeoutMs: number;
  /** Asks the service to end, before any signal; resolves, in its own time, with what went wrong, or null. Null: none. */
  command: (() => Promise<string | null>) | null;
  /** The command failed, and those who live still get the signal. */
  failed: (fault: string) => void;
}

export interface Stopped {
  /** How many had to be killed since they did not end in time. */
  killed: number;
  /** What would not die, and is left behind. */
  left: ProcessStat[];
}

/**
 * Command, signal, wait, kill, until the last of them is gone. Who is born meanwhile may be needed to clean up: it is waited
 * for, gets no signal, and is killed last.
 */
export async function stopAll(members: Stoppable, plan: StopPlan): Promise<Stopped> {
  const nowTicks = ticksSinceBoot();
  const first = await members.find();
  if (first.length === 0) return { killed: 0, left: [] };
  // In a container the time since boot may be its own, and the start of a process the host's (lxcfs): who is there is not born later.
  const beganTicks = Math.max(nowTicks, ...first.map(({ startTicks }) => startTicks));
  if (plan.command !== null) {
    const endMs = performance.now() + plan.timeoutMs;
    // To its end, though everybody may be gone before: it would hit the next copy.
    const fault = await plan.command();
    const withinMs = fault === null ? endMs - performance.now() : 0;
    if (await allGone(members, withinMs)) return { killed: 0, left: [] };
    if (fault !== null) plan.failed(fault);
  }
  const endMs = performance.now() + plan.timeoutMs;
  const signalled = new Set<number>();
  do {
    for (const member of await members.find()) {
      if (signalled.has(member.pid) || member.startTicks > beganTicks) continue;
      signalled.add(member.pid);
      sendSignal(member, plan.signal);
      // A stopped process cannot act on a signal until it is continued (systemd and s6 do the same).
      sendSignal(member, "SIGCONT");
    }
    if (!(await noneKnown(members, endMs - performance.now()))) return killAll(members);
  } while ((await members.find()).length > 0 && performance.now() < endMs);
  return killAll(members);
}

/** Whoever is found anew meanwhile is killed as well: a process that forks must not outrun us. */
async function killAll(members: Stoppable): Promise<Stopped> {
  const killed = new Set<number>();
  const endMs = performance.now() + KILLED_MS;
  for (;;) {
    const found = await members.find();
    if (found.length === 0 || performance.now() >= endMs) return { killed: killed.size, left: found };
    for (const member of found) {
      sendSignal(member, "SIGKILL");
      killed.add(member.pid);
    }
    await noneKnown(members, Math.min(200, endMs - performance.now()));
  }
}

/** True when nobody is left, neither known nor new. */
async function allGone(members: Stoppable, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (await noneKnown(members, endMs - performance.now())) {
    if ((await members.find()).length === 0) return true;
  }
  return false;
}

async function noneKnown(members: Stoppable, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  let lookMs = FIRST_LOOK_MS;
  while (members.living().length > 0) {
    if (performance.now() >= endMs) return false;
    await wait(lookMs);
    lookMs = Math.min(lookMs * 1.5, SLOWEST_LOOK_MS);
  }
  return true;
}
