import { isAlive, processesInGroup, processesWithEntry, type ProcessStat } from "./proc.ts";

/** How often the group is looked at while it ends, milliseconds. */
const LOOK_MS = 20;
/** How long killed processes may take to go, milliseconds; a process stuck in the kernel is not waited for for ever. */
const KILLED_MS = 5000;

/**
 * Signal, wait, kill: for the whole group of `group` and for strays that left it, found by the marker in their environment.
 * Resolves when the last of them is gone; true unless something would not die.
 */
export async function stopAll(
  group: number,
  marker: string,
  plan: { signal: string; timeoutMs: number },
): Promise<boolean> {
  const members = () => membersOf(group, marker);
  const signal = isSignal(plan.signal) ? plan.signal : "SIGTERM";
  for (const member of members()) {
    send(member, signal);
    // A stopped process cannot act on SIGTERM until it is continued (systemd and s6 do the same).
    if (signal === "SIGTERM") send(member, "SIGCONT");
  }
  if (await allGone(members, plan.timeoutMs)) return true;
  for (const member of members()) send(member, "SIGKILL");
  return allGone(members, KILLED_MS);
}

function membersOf(group: number, marker: string): ProcessStat[] {
  const members = new Map<number, ProcessStat>();
  for (const stat of processesInGroup(group)) members.set(stat.pid, stat);
  for (const stat of processesWithEntry(`AFLOAT_SPAWN=${marker}`)) members.set(stat.pid, stat);
  members.delete(process.pid);
  return [...members.values()];
}

/** Signals a process only while it is still the one that was looked at. */
function send(member: ProcessStat, signal: NodeJS.Signals): void {
  if (!isAlive(member.pid, member.startTicks)) return;
  try {
    process.kill(member.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

async function allGone(members: () => ProcessStat[], withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (members().length > 0) {
    if (performance.now() >= endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

function isSignal(name: string): name is NodeJS.Signals {
  return /^SIG[A-Z0-9]+$/.test(name);
}
