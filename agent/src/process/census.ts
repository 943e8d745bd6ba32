import { MARK } from "./mark.ts";
import { livingProcesses, type ProcessStat, startedWith } from "./proc.ts";
import { untilSeen } from "./shortage.ts";

/** A living process, and the mark of the agent that started it or an ancestor of it, if any. */
export interface Counted {
  stat: ProcessStat;
  mark: string | null;
}

/**
 * Every process of the system, as it is after this was called. Those who ask at the same time share one look: stopping
 * hundreds of services must not look at all processes hundreds of times.
 */
export function takeCensus(): Promise<Counted[]> {
  next ??= new Promise((resolve) => {
    setImmediate(() => {
      next = null;
      resolve(countAllSeen());
    });
  });
  return next;
}

let next: Promise<Counted[]> | null = null;

/** Rounds at most; on a host that never stops forking the rest is for the next census. */
const ROUNDS = 5;

/** However long it takes: a service that is missing for our own want would be started a second time, or taken for stopped. */
const countAllSeen = () => untilSeen(countAll);

/**
 * Until nobody new turns up: a process that forks and ends while we look is gone when its turn comes, and its child was not
 * there when the list was made.
 */
function countAll(): Counted[] {
  const seen = new Set<number>();
  const counted: Counted[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = seen.size;
    for (const stat of livingProcesses(seen)) counted.push({ stat, mark: startedWith(stat.pid, MARK) });
    if (seen.size === before) break;
  }
  return counted;
}
