import type { Measures, ProbeCounts } from "@afloat/shared/domain";
import { type HourSample, isOver, openHour, type OpenHour, sampleOf, withLook } from "@afloat/shared/core/hour-sample";
import { type Look, measuresOf, type ProcessUse, usedMs } from "@afloat/shared/core/usage";
import type { ServiceUse } from "@afloat/shared/wire";
import { markOf } from "../process/mark.ts";
import { System } from "./system.ts";

/** A service, as far as it is measured. */
export interface Measured {
  readonly spec: { name: string };
  /** Its first process; null while there is none. */
  readonly pid: number | null;
  readonly tally: { probes: ProbeCounts | null; restarts: number };
  readonly latency: { p50Ms: number; p95Ms: number } | null;
}

export interface MeterGround {
  stateId: string;
  services: ReadonlyMap<string, Measured>;
  nowMs: () => number;
  /** Calls it every second. */
  onBeat: (listener: () => void) => void;
}

/** How often it is looked while nobody asks, milliseconds: what is told then is a mean over as long. */
const IDLE_MS = 60_000;
/** Strangers on the host are looked at so often at most, milliseconds. */
const WHOLE_MS = 10_000;
/** The first look waits until what is started with the agent has begun, milliseconds. */
const FIRST_MS = 3_000;
/** Who asks once is told what was seen within so long, milliseconds. */
export const FRESH_MS = 5_000;

/** Knows what each service uses. It looks seldom, and often only while somebody watches: each look costs. */
export class Meter {
  readonly #ground: MeterGround;
  readonly #system = new System();
  readonly #looks = new Map<string, Look>();
  readonly #measures = new Map<string, Measures | null>();
  readonly #usedMs = new Map<string, number>();
  readonly #watchers = new Set<{ everyMs: number; dueMs: number; tell: () => void }>();
  #hour: OpenHour;
  #ended: (hour: HourSample) => void = () => {};
  #lookedMs: number | null = null;
  #wholeMs = Number.NEGATIVE_INFINITY;
  readonly #beganMs = performance.now();

  constructor(ground: MeterGround) {
    this.#ground = ground;
    this.#hour = openHour(ground.nowMs());
    ground.onBeat(() => this.#beat());
  }

  /** As of the last look; null for what does not run, was not looked at yet, or where the system does not tell. */
  measures(name: string): Measures | null {
    return this.#measures.get(name) ?? null;
  }

  /** Processor time since it was first looked at, and before that in the life it had then, seconds; null before. Never goes back. */
  cpuSeconds(name: string): number | null {
    const used = this.#usedMs.get(name);
    return used === undefined ? null : used / 1000;
  }

  /** The same for all services, as the cloud is told it. */
  uses(): ServiceUse[] {
    return [...this.#ground.services.keys()].map((name) => {
      const measures = this.measures(name);
      const { cpu = null, memoryBytes = null, threads = null, openFiles = null } = measures ?? {};
      return { name, cpu, memoryBytes, threads, openFiles };
    });
  }

  /** Looks again where the last look is older than this. */
  refresh(maxAgeMs: number = FRESH_MS): void {
    if (this.#lookedMs === null || performance.now() - this.#lookedMs >= maxAgeMs) this.#look();
  }

  /** Calls `tell` after a look every so often (seconds, whole ones), until the answer is called. */
  watch(everyMs: number, tell: () => void): () => void {
    const watcher = { everyMs, dueMs: performance.now() + everyMs, tell };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Calls it with each hour that is over. */
  onHour(ended: (hour: HourSample) => void): void {
    this.#ended = ended;
  }

  #beat(): void {
    const nowMs = performance.now();
    // Beats come a little late, never early: half of one is no reason to wait for the next.
    const due = [...this.#watchers].filter(({ dueMs }) => nowMs >= dueMs - 500);
    const idleMs = this.#lookedMs === null ? nowMs - this.#beganMs - FIRST_MS : nowMs - this.#lookedMs - IDLE_MS;
    if (due.length > 0) this.refresh(500);
    else if (idleMs >= 0) this.#look();
    for (const watcher of due) {
      watcher.dueMs = nowMs + watcher.everyMs;
      watcher.tell();
    }
  }

  #look(): void {
    const { stateId, services, nowMs } = this.#ground;
    const monotonicMs = performance.now();
    const whole = monotonicMs - this.#wholeMs >= WHOLE_MS;
    if (whole) this.#wholeMs = monotonicMs;
    const roots = [...services.values()].flatMap(({ spec: { name }, pid }) =>
      pid === null ? [] : [{ name, pid, mark: markOf(stateId, name) }],
    );
    const trees = this.#system.look(roots, whole);
    const sinceMs = this.#lookedMs === null ? 0 : monotonicMs - this.#lookedMs;
    this.#lookedMs = monotonicMs;
    if (trees === null) return;
    for (const name of [...this.#measures.keys()]) if (!services.has(name)) this.#forget(name);
    for (const name of services.keys()) this.#take(name, monotonicMs, trees.get(name) ?? []);
    this.#count(nowMs(), sinceMs);
  }

  #take(name: string, monotonicMs: number, processes: readonly ProcessUse[]): void {
    const before = this.#looks.get(name) ?? null;
    const used = usedMs(before ?? { monotonicMs, processes: [], owedMs: 0 }, processes);
    const look = { monotonicMs, processes, owedMs: used.owedMs };
    this.#measures.set(name, measuresOf(before, look, used.usedMs, this.#ground.nowMs()));
    this.#usedMs.set(name, (this.#usedMs.get(name) ?? 0) + used.usedMs);
    this.#looks.set(name, look);
  }

  #forget(name: string): void {
    for (const map of [this.#looks, this.#measures, this.#usedMs]) map.delete(name);
  }

  #count(nowMs: number, sinceMs: number): void {
    if (isOver(this.#hour, nowMs)) {
      const hour = sampleOf(this.#hour, (name) => this.#ground.services.get(name)?.latency ?? null);
      this.#hour = openHour(nowMs);
      if (hour !== null) this.#ended(hour);
    }
    this.#hour = withLook(this.#hour, this.#measures, sinceMs);
  }
}
