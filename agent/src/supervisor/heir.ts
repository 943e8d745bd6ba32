import { setTimeout as wait } from "node:timers/promises";
import type { Exit } from "@afloat/shared/domain";
import type { Members } from "../process/members.ts";
import type { Known, ProcessStat } from "../process/proc.ts";
import { watchShortage } from "../process/shortage.ts";
import { listenerAmong } from "../process/sockets.ts";

const LOOK_MS = 100;

/** The kernel tells its sockets piece by piece, and may leave one out when its neighbour goes: one look alone settles nothing. */
const LOOKS = 2;

/**
 * Who took over when the first process ended: the one of its own that holds its port. After a success it is waited for through
 * the start period: a daemon may open its port only after its parent left. Where there is none by then, and `forks` says so, it
 * is the eldest of those it left: what it listens at is judged by probes. Null where there is nobody, or `over` says that nobody asks any more.
 */
export async function findHeir(
  members: Pick<Members, "find">,
  spec: { ports: readonly number[]; forks: boolean; check: { startPeriodMs: number } },
  exit: Pick<Exit, "code">,
  over: () => boolean,
): Promise<Known | null> {
  const forked = spec.forks && exit.code === 0;
  const patient = exit.code === 0 && spec.ports.length > 0;
  const endMs = performance.now() + (patient ? spec.check.startPeriodMs : 0);
  for (let look = 1; ; look++) {
    const wasShort = watchShortage();
    const left = await members.find();
    if (left.length === 0) return null;
    const holder = listenerAmong(left, spec.ports);
    if (holder !== null) return holder;
    if (over()) return null;
    const isSettled = (spec.ports.length === 0 || look >= LOOKS) && !wasShort();
    if (isSettled && performance.now() >= endMs) return forked ? eldestOf(left) : null;
    await wait(LOOK_MS);
  }
}

function eldestOf(left: readonly ProcessStat[]): ProcessStat | null {
  return left.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0] ?? null;
}
