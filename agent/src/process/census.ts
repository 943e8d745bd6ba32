import { MARK } from "./mark.ts";
import { livingProcesses, type ProcessStat, startedWith } from "./proc.ts";

/** A living process that some agent started, or one of its children. */
export interface Marked {
  stat: ProcessStat;
  mark: string;
}

/** Every marked process of the system, looked at once for all services. */
export function takeCensus(): Marked[] {
  return livingProcesses().flatMap((stat) => {
    const mark = startedWith(stat.pid, MARK);
    return mark === null ? [] : [{ stat, mark }];
  });
}
