import type { Exit, Latency, ServiceSnapshot } from "@afloat/shared/domain";
import type { ServiceSpec } from "@afloat/shared/spec";
import { dueMs, initialState, step } from "@afloat/shared/core/lifecycle";
import type { Effect, LifecycleEvent, ServiceState } from "@afloat/shared/core/lifecycle-types";
import { NOTICE_TITLES } from "@afloat/shared/core/notice-titles";
import { latencyOf } from "@afloat/shared/core/latency";
import { snapshotOf } from "@afloat/shared/core/snapshot";
import { same } from "@afloat/shared/core/same";
import { meaningOf } from "@afloat/shared/core/reload-settings";
import type { Journal } from "../host.ts";
import type { Counted } from "../process/census.ts";
import { isMarked, markOf, spawnOf } from "../process/mark.ts";
import { isAlive } from "../process/proc.ts";
import { Explainer } from "./explainer.ts";
import { lastLinesFolded } from "./last-lines.ts";
import { Planner } from "./planner.ts";
import { type Ground, Processes } from "./processes.ts";
import { Prober, type ProbingGround } from "./prober.ts";
import { findRunning, readState, saveState } from "./service-state.ts";
import { Tally } from "./tally.ts";

/** What a service needs of the house around it. */
export interface House extends Ground, ProbingGround {
  journal: Journal;
  changed: (service: Service) => void;
}

/** What hid from us is looked for so long after an end, milliseconds: the next start must not wait for that. */
const SWEEP_AFTER_MS = 1000;

/**
 * How often a service of which nothing changed is written down, milliseconds. What is lost with an agent that is killed is how
 * long the service was seen to run, and nothing that decides; each write costs more than the probe before it.
 */
const REWRITE_MS = 60_000;

/** One service: carries events to its lifecycle machine and the machine's effects out. It decides nothing. */
export class Service {
  spec: ServiceSpec;
  readonly tally = new Tally();
  state: ServiceState;
  private readonly house: House;
  private readonly prober: Prober;
  private readonly explainer: Explainer;
  private readonly processes: Processes;
  private readonly planner: Planner;
  private timer: NodeJS.Timeout | undefined;
  private sweeping: NodeJS.Timeout | undefined;
  private told = "";
  private savedMs = 0;
  private refusal: string | null = null;
  private closed = false;
  private probing = false;
  private spared: string | null = null;

  constructor(spec: ServiceSpec, house: House) {
    this.spec = spec;
    this.house = house;
    this.state = initialState(spec);
    this.processes = new Processes(spec, house, {
      ended: (spawn, exit) => this.ended(spawn, exit),
      exited: (spawn, exit) => this.exited(spawn, exit),
      replaced: (spawn, pid) => this.replaced(spawn, pid),
    });
    const due = (by: "schedule" | "change", why: string) => void this.send({ kind: "planned", by, why });
    this.planner = new Planner(spec, house.stateDir, due, house.say);
    this.explainer = new Explainer(spec, { found: () => this.tell(), say: house.say });
    this.prober = new Prober(spec, house, (spawn, observation) => {
      if (observation.endpoint !== null) this.tally.sawProbe(observation.endpoint);
      this.send({ kind: "observed", spawn, observation, chance: Math.random() });
    });
  }

  get snapshot(): ServiceSnapshot {
    return snapshotOf(this.state, this.spec, this.explainer.diagnosis);
  }

  /** Its first process; null while there is none. */
  get pid(): number | null {
    const { life } = this.state;
    return life.kind === "up" || life.kind === "stopping" ? life.pid : null;
  }

  /** Of its endpoint's last answers; null before the first. */
  get latency(): Latency | null {
    return latencyOf(this.state.endpoint.tookMs);
  }

  /** Takes over what still runs from an earlier agent, or starts. */
  begin(census: readonly Counted[]): void {
    const saved = readState(this.house.stateDir, this.spec, this.house.nowMs(), this.house.say);
    if (saved !== null) this.state = saved.state;
    const wanted = markOf(this.house.stateId, this.spec.name);
    const marked = census.flatMap(({ stat, mark }) =>
      mark !== null && isMarked(mark, wanted) ? [{ stat, mark }] : [],
    );
    const found = findRunning(saved, marked, this.spec);
    if (found !== null) {
      const runs = isAlive(found.pid, found.startTicks);
      this.house.say(
        runs
          ? `${this.spec.name}: still runs as pid ${found.pid}; adopted`
          : `${this.spec.name}: its first process, pid ${found.pid}, ended while no agent ran; others of it live`,
      );
      this.processes.adopt(found, found.spawn);
    }
    this.send({ kind: "began", found, seenMs: saved?.seenMs ?? null, chance: Math.random() });
    this.planner.open();
    // Only now: its end may be noticed at once, and is then the end of what is up.
    if (found !== null) this.processes.watch(found.startedMs);
    if (marked.some(({ mark }) => spawnOf(mark) < this.state.spawn)) this.sweepSoon();
  }

  /**
   * From now on by this definition, at this place among all (null: where it was). `anew` says why what runs has to be started anew, in words. Where
   * nothing but its place in the file or among the others changed, nobody is told.
   */
  edit(
    spec: ServiceSpec,
    place: ProbingGround["place"] | null,
    { anew, quiet }: { anew: string | null; quiet: boolean },
  ): void {
    const another = !same(judgedBy(this.spec), judgedBy(spec));
    this.spec = spec;
    this.processes.edit(spec, anew !== null);
    this.prober.edit(spec, place, another);
    this.explainer.edit(spec, another);
    this.planner.edit(spec);
    if (!quiet) this.send({ kind: "edited", anew });
  }

  /** One event through the machine; its effects are carried out in order. Returns why it was refused, or null. */
  send(event: LifecycleEvent): string | null {
    if (this.closed) return null;
    this.refusal = null;
    const { state, effects } = step(this.state, event, this.house.nowMs(), this.spec);
    this.state = state;
    this.tally.sawRestarts(state.restarts);
    this.save(event.kind !== "observed" || effects.length > 0);
    for (const effect of effects) this.carryOut(effect);
    // Whoever shows its times is told the new ones.
    if (event.kind === "clock") this.told = "";
    this.prober.follow(this.state, this.mark);
    this.arm();
    if (event.kind === "asked" && event.verb === "recheck") this.explainer.forget();
    this.explainer.follow(this.state);
    this.tell();
    return this.refusal;
  }

  /** The agent leaves: from now on nothing that happens is acted on. Processes run on, for the next agent. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearTimeout(this.sweeping);
    this.explainer.close();
    this.processes.close();
    this.prober.close();
    this.planner.close();
    this.save(true);
  }

  private get mark(): string {
    return markOf(this.house.stateId, this.spec.name, this.state.spawn);
  }

  private carryOut(effect: Effect): void {
    const { journal, say } = this.house;
    const service = this.spec.name;
    switch (effect.kind) {
      case "spawn":
        void this.spawn(effect.spawn);
        return;
      case "stop":
        void this.stop(effect);
        return;
      case "flip":
        say(`${service}: ${effect.to.verdict}: ${effect.to.reason}`);
        return;
      case "warn":
        say(effect.text);
        return;
      case "restart":
        journal.append({ kind: "restart", service, planned: effect.planned, why: effect.why.slice(0, 300) });
        say(
          `${service}: restart (${effect.why})${effect.delayMs > 0 ? ` in ${Math.round(effect.delayMs / 100) / 10} s` : ""}`,
        );
        return;
      case "loop-opened":
        journal.append({
          kind: "loop-opened",
          service,
          loop: effect.loop,
          exit: this.state.lastExit,
          lastLines: lastLinesFolded(this.processes.logPath, 10),
        });
        say(`${service}: restart loop: ${effect.loop.restarts} restarts, ${effect.loop.cause.text}`);
        return;
      case "loop-closed":
        journal.append({ kind: "loop-closed", service, loop: effect.loop });
        say(`${service}: the restart loop is over`);
        return;
      case "notice":
        journal.append({ kind: "notice", service, code: effect.code, text: effect.text.slice(0, 500) });
        say(`${service} ${NOTICE_TITLES[effect.code]}: ${effect.text}`);
        return;
      case "refused":
        this.refusal = effect.why;
        return;
    }
  }

  private async spawn(spawn: number): Promise<void> {
    const started = await this.processes.start(spawn);
    if ("error" in started) {
      this.send({ kind: "spawn-failed", spawn, error: started.error.slice(0, 200), chance: Math.random() });
      return;
    }
    this.send({ kind: "spawned", spawn, pid: started.pid });
  }

  /** Ends whatever of it runs beside the start that is meant to. */
  async sweep(): Promise<void> {
    await this.processes.sweep(() => {
      const { life, spawn } = this.state;
      const isMeant = life.kind === "up" || life.kind === "starting" || life.kind === "stopping";
      return isMeant ? spawn : null;
    });
  }

  private sweepSoon(): void {
    clearTimeout(this.sweeping);
    this.sweeping = setTimeout(() => void this.sweep(), SWEEP_AFTER_MS);
  }

  /** True where the service was up by then: only then may somebody have taken over. */
  private ended(spawn: number, exit: Exit): boolean {
    this.probing = this.prober.calling;
    if (this.state.life.kind === "up" && spawn === this.state.spawn) {
      this.house.journal.append({ kind: "exited", service: this.spec.name, exit });
      return true;
    }
    this.exited(spawn, exit);
    return false;
  }

  private exited(spawn: number, exit: Exit): void {
    this.sweepSoon();
    this.send({ kind: "exited", spawn, exit, probing: this.probing, chance: Math.random() });
  }

  private replaced(spawn: number, pid: number): void {
    this.house.say(`${this.spec.name}: main process replaced: it is pid ${pid} now`);
    this.send({ kind: "replaced", spawn, pid });
  }

  private async stop({ spawn, why }: Extract<Effect, { kind: "stop" }>): Promise<void> {
    await this.processes.stop(spawn, why);
    this.send({ kind: "gone", spawn, chance: Math.random() });
  }

  private arm(): void {
    clearTimeout(this.timer);
    const due = dueMs(this.state, this.spec);
    if (due === null) return;
    const waitMs = Math.min(Math.max(1, Math.ceil(due - this.house.nowMs())), 2 ** 31 - 1);
    this.timer = setTimeout(() => this.send({ kind: "tick", chance: Math.random() }), waitMs);
  }

  /** One journal event for each change that anyone would see. */
  private tell(): void {
    const snapshot = this.snapshot;
    const { verdict, reasonCode, state, desired, pid, loop, diagnosis } = snapshot;
    const key = JSON.stringify([verdict, reasonCode, state, desired, pid, loop?.openedMs, diagnosis]);
    if (key === this.told) return;
    this.told = key;
    this.house.journal.append({ kind: "flip", snapshot: wireSnapshot(snapshot) });
    this.house.changed(this);
  }

  private save(now: boolean): void {
    const nowMs = performance.now();
    if (!now && nowMs - this.savedMs < REWRITE_MS) return;
    this.savedMs = nowMs;
    const startTicks = this.processes.main?.startTicks ?? null;
    const spare = this.spared !== this.state.desired.kind;
    this.spared = this.state.desired.kind;
    const seenMs = Math.round(this.house.nowMs());
    saveState(this.house.stateDir, this.spec.name, { state: this.state, startTicks, seenMs }, spare, this.house.say);
  }
}

/** What a probe looks at, and how. */
const judgedBy = (spec: ServiceSpec) =>
  (["endpoint", "ports", "portOwner", "check"] as const).map((setting) => meaningOf(spec, setting));

/** Whole milliseconds, and texts within the wire's bounds. */
function wireSnapshot(snapshot: ServiceSnapshot): ServiceSnapshot {
  const whole = (ms: number | null) => (ms === null ? null : Math.round(ms));
  return {
    ...snapshot,
    reason: snapshot.reason.slice(0, 500),
    sinceMs: Math.round(snapshot.sinceMs),
    upSinceMs: whole(snapshot.upSinceMs),
    nextTryMs: whole(snapshot.nextTryMs),
  };
}
