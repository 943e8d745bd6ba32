import { MARK } from "./mark.ts";
import { livingProcesses, type ProcessStat, startedWith } from "./proc.ts";

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
      resolve(livingProcesses().map((stat) => ({ stat, mark: startedWith(stat.pid, MARK) })));
    });
  });
  return next;
}

let next: Promise<Counted[]> | null = null;
