import { join } from "node:path";
import type { Exit } from "@afloat/shared/domain";
import type { StopReason } from "@afloat/shared/core/lifecycle-types";
import { stopTimeoutMs } from "@afloat/shared/core/turn";
import type { ServiceSpec } from "@afloat/shared/spec";
import { logPlaceOf } from "../logs/ledger.ts";
import { takeCensus } from "../process/census.ts";
import { Lifeline } from "../process/lifeline.ts";
import { isMarked, markOf, spawnOf } from "../process/mark.ts";
import { Members } from "../process/members.ts";
import { isAlive, type Known, statOf } from "../process/proc.ts";
import { watchShortage } from "../process/shortage.ts";
import { spawnService } from "../process/spawn.ts";
import { listeners } from "../process/sockets.ts";
import { runStopCommand } from "../process/stop-command.ts";
import { stopAll, type StopPlan } from "../process/stop.ts";
import { findHeir } from "./heir.ts";

/** How often the first process of an adopted service is looked at, where its lifeline does not tell, milliseconds. */
const LOOK_MS = 1000;

/** What the processes of a service need of the house. */
export interface Ground {
  stateDir: string;
  stateId: string;
  nowMs: () => number;
  /** The earliest moment, by the monotonic clock, at which what is noticed now can have happened. (pulse.ts) */
  earliestMs: () => number;
  say: (text: string) => void;
}

/** What its processes tell the service. */
export interface Told {
  /** The first process ended; others may live. True where it is to be seen who takes over, and the rest be stopped. */
  ended: (spawn: number, exit: Exit) => boolean;
  /** Nobody of this spawn lives any more, and nobody took over. */
  exited: (spawn: number, exit: Exit) => void;
  replaced: (spawn: number, pid: number) => void;
}

/** The processes of one service: starts them, notices their end, finds who took over, stops them all. Decides nothing. */
export class Processes {
  /** The first process, or who took its place. */
  main: Known | null = null;
  readonly logPath: string;
  /** What the next start goes by. */
  #spec: ServiceSpec;
  /** What goes on by: the plan that stops a process is that of the definition by which it was started. */
  #running: ServiceSpec;
  readonly #ground: Ground;
  readonly #told: Told;
  readonly #lifeline: Lifeline;
  #spawn = 0;
  #unwatch = () => {};
  #closed = false;

  constructor(spec: ServiceSpec, ground: Ground, told: Told) {
    [this.#spec, this.#running] = [spec, spec];
    this.#ground = ground;
    this.#told = told;
    this.logPath = logPlaceOf(ground.stateDir, spec.name).live;
    this.#lifeline = new Lifeline(lifelinePathOf(ground.stateDir, spec.name));
  }

  /** From now on by this definition. `anew`: what runs is to end by its own yet, and only the next start goes by the new one. */
  edit(spec: ServiceSpec, anew: boolean): void {
    this.#spec = spec;
    if (!anew) this.#running = spec;
  }

  /** What an earlier agent started and runs still; `watch` tells of its end. */
  adopt(main: Known, spawn: number): void {
    [this.main, this.#spawn] = [main, spawn];
  }

  /** Tells of the end of what is not our child, and has run since `sinceMs`. */
  watch(sinceMs: number): void {
    this.#unwatch();
    const { main } = this;
    const spawn = this.#spawn;
    if (main === null) return;
    const startedMs = performance.now() - (this.#ground.nowMs() - sinceMs);
    const look = () => {
      if (isAlive(main.pid, main.startTicks)) return;
      this.#unwatch();
      void this.#ended(spawn, { code: null, signal: null, ...this.#endOf(startedMs) }, main);
    };
    const timer = setInterval(look, LOOK_MS);
    const unwatch = this.#lifeline.watch(look);
    this.#unwatch = () => {
      clearInterval(timer);
      unwatch();
    };
  }

  /** Answers its pid, or why it could not be started. */
  async start(spawn: number): Promise<{ pid: number } | { error: string }> {
    this.#unwatch();
    const startedMs = performance.now();
    this.#running = this.#spec;
    const place = { mark: this.#markOf(spawn), logPath: this.logPath, lifeline: this.#lifeline };
    const spawned = await spawnService(this.#spec, place);
    if (spawned.kind === "failed") return { error: spawned.error };
    const { pid, child } = spawned;
    [this.main, this.#spawn] = [{ pid, startTicks: statOf(pid)?.startTicks ?? null }, spawn];
    child.once("exit", (code, signal) => {
      void this.#ended(spawn, { code, signal, ...this.#endOf(startedMs) }, this.main);
    });
    return { pid };
  }

  /** When what started at a moment of the monotonic clock has ended, and how long it had run, whatever became of the time of day. */
  #endOf(startedMs: number): { atMs: number; ranMs: number } {
    const endedMs = Math.max(startedMs, this.#ground.earliestMs());
    const atMs = this.#ground.nowMs() - Math.round(performance.now() - endedMs);
    return { atMs: Math.max(0, atMs), ranMs: Math.round(endedMs - startedMs) };
  }

  /** Resolves when the last process is gone: there is no next copy beside one that would not die. */
  async stop(spawn: number, why: StopReason): Promise<void> {
    await this.#stopUntilGone(this.#membersOf(spawn), this.#planOf(spawn, stopTimeoutMs(this.#running, why)));
    this.#unwatch();
  }

  /**
   * Ends what hid from us: in no group, on no lifeline, but with our mark. `meant` tells which start is to be left alone; it is asked when
   * the processes were counted, since another may have been started by then.
   */
  async sweep(meant: () => number | null): Promise<void> {
    const own = markOf(this.#ground.stateId, this.#spec.name);
    const marks = new Set<string>();
    const census = await takeCensus();
    const living = meant();
    for (const { mark } of census)
      if (mark !== null && isMarked(mark, own) && spawnOf(mark) !== living && spawnOf(mark) <= this.#spawn)
        marks.add(mark);
    for (const mark of marks) {
      if (this.#closed) return;
      this.#ground.say(`${this.#spec.name}: processes of an earlier start are still there; they are stopped`);
      await stopAll(new Members(null, mark), { ...this.#planOf(this.#spawn), command: null });
    }
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
  }

  #markOf(spawn: number): string {
    return markOf(this.#ground.stateId, this.#spec.name, spawn);
  }

  #membersOf(spawn: number): Members {
    return new Members(this.main, this.#markOf(spawn), this.#lifeline);
  }

  #planOf(spawn: number, timeoutMs = this.#running.stop.timeoutMs): StopPlan {
    const spec = this.#running;
    const { command, signal } = spec.stop;
    const pid = this.main?.pid ?? 0;
    const place = { mark: this.#markOf(spawn), logPath: this.logPath, pid, timeoutMs };
    return {
      signal,
      timeoutMs,
      command: command === null ? null : () => runStopCommand(command, spec, place),
      failed: (fault) => this.#ground.say(`${spec.name}: its stop command ${fault}; it gets ${signal}`),
    };
  }

  async #ended(spawn: number, exit: Exit, main: Known | null): Promise<void> {
    if (this.#closed || !this.#told.ended(spawn, exit)) return;
    if (main !== null && this.#isAlone(exit, main)) return this.#told.exited(spawn, exit);
    const members = this.#membersOf(spawn);
    const heir = await findHeir(members, this.#running, exit, () => this.#closed || spawn !== this.#spawn);
    if (this.#closed || this.main !== main) return;
    if (heir !== null) {
      this.main = heir;
      this.watch(exit.atMs - exit.ranMs);
      this.#told.replaced(spawn, heir.pid);
      return;
    }
    await this.#stopLeft(members, spawn, exit);
    this.#told.exited(spawn, exit);
  }

  /**
   * After a crash of our own child this is the usual case, and quickly seen: nobody is left in its group, on its lifeline, or at
   * its port. Daemons leave with success, and hide; how others ended is not known.
   */
  #isAlone(exit: Exit, main: Known): boolean {
    const crashed = exit.signal !== null || (exit.code !== null && exit.code !== 0);
    if (!crashed || this.#lifeline.isHeld() !== false || hasGroup(main.pid)) return false;
    const { ports } = this.#running;
    if (ports.length === 0) return true;
    const wasShort = watchShortage();
    const isTaken = (listeners() ?? []).some(({ port }) => ports.includes(port));
    return !isTaken && !wasShort();
  }

  async #stopLeft(members: Members, spawn: number, exit: Exit): Promise<void> {
    const left = members.living();
    if (left.length === 0) return;
    const forks = exit.code === 0 ? "; if it goes into the background by itself, write `forks: true`" : "";
    const names = left.map(({ pid, name }) => `${pid} (${name})`).join(", ");
    this.#ground.say(`${this.#spec.name}: its first process ended and left ${names}, which is stopped first${forks}`);
    await this.#stopUntilGone(members, { ...this.#planOf(spawn), command: null });
  }

  /** What would not die (stuck in the kernel, or somebody else's by now) is said once, and tried again. */
  async #stopUntilGone(members: Members, plan: StopPlan): Promise<void> {
    const { name } = this.#spec;
    const first = await stopAll(members, plan);
    if (first.killed > 0)
      this.#ground.say(`${name}: ${first.killed} of its processes did not end in time and were killed`);
    for (const { pid, name: program, state } of first.left)
      this.#ground.say(`${name}: process ${pid} (${program}, ${state}) would not die; it is tried again until it does`);
    for (let { left } = first; left.length > 0 && !this.#closed;)
      ({ left } = await stopAll(members, { ...plan, command: null }));
  }
}

/** Where a service's lifeline is. */
export const lifelinePathOf = (stateDir: string, service: string) => join(stateDir, "lifelines", service);

function hasGroup(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    // ESRCH: nobody is left in it.
    return false;
  }
}
