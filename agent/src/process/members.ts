import type { Lifeline } from "./lifeline.ts";
import { type Counted, takeCensus } from "./census.ts";
import { isMarked } from "./mark.ts";
import { isAlive, isSeenAlive, type Known, type ProcessStat, statOf } from "./proc.ts";
import { descriptorsOf } from "./sockets.ts";
import { untilSeen } from "./shortage.ts";

/**
 * The processes of a service, wherever they went: its session and group, all that carries its mark, what those started, and
 * who holds its lifeline.
 * A process that carries the mark of something else is never one of them, whoever started it; nor is the agent.
 */
export class Members {
  readonly #main: Known | null;
  readonly #mark: string;
  readonly #lifeline: Lifeline | null;
  /** Its sessions and groups; never the agent's own. */
  readonly #groups: Set<number>;
  readonly #found = new Map<number, ProcessStat>();

  constructor(main: Known | null, mark: string, lifeline: Lifeline | null = null) {
    this.#main = main;
    this.#mark = mark;
    this.#lifeline = lifeline;
    this.#groups = main === null ? new Set() : groupsOf(main);
  }

  /** Looks through all processes of the system. */
  async find(): Promise<ProcessStat[]> {
    const census = await takeCensus();
    return untilSeen(() => this.#among(census));
  }

  #among(census: readonly Counted[]): ProcessStat[] {
    const own = new Map<number, ProcessStat>();
    const strange = new Set<number>([process.pid]);
    for (const { stat, mark } of census) {
      if (mark !== null && !isMarked(mark, this.#mark)) strange.add(stat.pid);
      else if (!strange.has(stat.pid) && (mark !== null || this.#isKnown(stat))) own.set(stat.pid, stat);
    }
    addDescendants(own, census, strange);
    // Nobody by these signs, and yet somebody lives: one that threw mark, group and parent away still holds the lifeline.
    if (own.size === 0 && this.#lifeline?.isHeld() === true) {
      for (const { stat } of census) {
        if (!strange.has(stat.pid) && this.#holdsLifeline(stat.pid)) own.set(stat.pid, stat);
      }
    }
    for (const stat of own.values()) this.#found.set(stat.pid, stat);
    return [...own.values()];
  }

  /** Of those that were ever found, who lives still: cheap, and blind to newcomers. */
  living(): ProcessStat[] {
    for (const { pid, startTicks } of this.#found.values()) if (!isAlive(pid, startTicks)) this.#found.delete(pid);
    return [...this.#found.values()];
  }

  #holdsLifeline(pid: number): boolean {
    return descriptorsOf(pid).some(({ target }) => target === this.#lifeline?.path);
  }

  #isKnown(stat: ProcessStat): boolean {
    if (this.#found.get(stat.pid)?.startTicks === stat.startTicks) return true;
    if (stat.pid === this.#main?.pid) return isSame(stat, this.#main);
    if (!this.#groups.has(stat.session) && !this.#groups.has(stat.group)) return false;
    // A group whose number was given away again is younger than ours, but has another first process.
    return !this.#isReused(stat.group) && stat.startTicks >= (this.#main?.startTicks ?? 0);
  }

  #isReused(group: number): boolean {
    if (group !== this.#main?.pid) return false;
    const leader = statOf(group);
    return leader !== null && !isSame(leader, this.#main);
  }
}

/** Signals a process only while it is still the one that was looked at; answers why it could not, or null. */
export function sendSignal(member: Known, signal: NodeJS.Signals): string | null {
  if (isSeenAlive(member.pid, member.startTicks) !== true) return null;
  try {
    process.kill(member.pid, signal);
    return null;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    // It ended between the look and the signal.
    return code === "ESRCH" ? null : code;
  }
}

function groupsOf(main: Known): Set<number> {
  const groups = new Set([main.pid]);
  const stat = statOf(main.pid);
  if (stat !== null && isSame(stat, main)) groups.add(stat.group);
  const agent = statOf(process.pid);
  for (const own of [agent?.group, agent?.session, 0, 1]) if (own !== undefined) groups.delete(own);
  return groups;
}

function addDescendants(own: Map<number, ProcessStat>, all: readonly Counted[], strange: Set<number>): void {
  for (let grown = true; grown;) {
    grown = false;
    for (const { stat } of all) {
      if (own.has(stat.pid) || strange.has(stat.pid) || !own.has(stat.parent)) continue;
      own.set(stat.pid, stat);
      grown = true;
    }
  }
}

const isSame = (stat: ProcessStat, known: Known) => known.startTicks === null || stat.startTicks === known.startTicks;
