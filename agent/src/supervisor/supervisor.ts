import { setTimeout as wait } from "node:timers/promises";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { Person } from "@afloat/shared/core/lifecycle-types";
import type { ReloadStep } from "@afloat/shared/core/reload-plan";
import type { ServiceSetting } from "@afloat/shared/core/reload-settings";
import { exitWords } from "@afloat/shared/core/answer-words";
import { durationWords } from "@afloat/shared/core/duration";
import type { ClockShift } from "@afloat/shared/core/clock-shift";
import type { ServiceSpec } from "@afloat/shared/spec";
import type { AskOutcome, Explained } from "../control/protocol.ts";
import type { Looked, Supervised } from "../host.ts";
import { takeCensus } from "../process/census.ts";
import { makeLifelines } from "../process/lifeline.ts";
import { type Ask, machineVerb, outcomeOf } from "./asked.ts";
import { startOverdue } from "./overdue.ts";
import { lifelinePathOf } from "./processes.ts";
import { forgetService } from "./retired.ts";
import { type House, Service } from "./service.ts";
import { unmetOf } from "./unmet.ts";

/** The house as the supervisor finds it; it gives each service its place. */
type Shell = Omit<House, "changed" | "place">;

/** A service that is new, or by another definition. */
export type Edit = Exclude<ReloadStep, { kind: "stop" }>;

/** How long a request may take beyond its stop plan before it is called failed, milliseconds. */
const ASK_LIMIT_MS = 60_000;

/** What has nothing to probe is called started when it has lived for so long: most that cannot start end at once, milliseconds. */
const PROOF_MS = 250;

/** All services of the host, and what holds between them: dependencies. */
export class Supervisor implements Supervised {
  readonly services = new Map<string, Service>();
  /** Resolves when what an earlier agent left is read: before that, nothing can be asked of anybody. */
  readonly ready: Promise<void>;
  private readied = () => {};
  private readonly waiting = new Set<() => void>();
  private readonly leaving = new Set<string>();
  private begun = false;
  private ending = false;
  private readonly house: Shell;

  constructor(specs: ServiceSpec[], house: Shell) {
    this.house = house;
    this.ready = new Promise((resolve) => (this.readied = resolve));
    const changed = () => this.changed();
    for (const [index, spec] of specs.entries())
      this.services.set(spec.name, new Service(spec, { ...house, changed, place: { index, crowd: specs.length } }));
  }

  /** Adopts or starts everything. */
  async begin(): Promise<void> {
    const { stateDir, say } = this.house;
    const fault = await makeLifelines([...this.services.keys()].map((name) => lifelinePathOf(stateDir, name)));
    if (fault !== null) say(`no lifelines: ${fault}; ends of adopted services are noticed within a second instead`);
    const census = await takeCensus();
    for (const service of this.services.values()) service.begin(census);
    startOverdue(this.services, stateDir);
    this.begun = true;
    this.changed();
    this.readied();
  }

  /** True from when it was told to stop everything, or to leave: nothing is begun any more. */
  get isEnding(): boolean {
    return this.ending;
  }

  /**
   * Stops what is not configured any more, by its own stop plan, and forgets it; its log stays. Answers how it went, for each as soon
   * as it is known. What would not stop is left to the next agent.
   */
  async retire(names: readonly string[], tell: (outcome: AskOutcome) => void): Promise<void> {
    for (const name of names) this.leaving.add(name);
    await Promise.all(
      names.map(async (name) => {
        const service = this.services.get(name);
        if (service === undefined) return;
        this.house.say(`${name}: is not configured any more; it is stopped`);
        service.send({ kind: "shutdown" });
        const isOver = () => !["starting", "up", "stopping"].includes(service.state.life.kind);
        const over = await this.until(isOver, ASK_LIMIT_MS + planMs(service.spec));
        if (this.ending) return;
        await service.sweep();
        service.close();
        if (over) forgetService(name, this.house);
        this.services.delete(name);
        const detail = over ? "stopped and removed" : "would not stop; it is left running, watched by nobody";
        tell({ service: name, kind: over ? "done" : "failed", detail, pid: null });
      }),
    );
    for (const name of names) this.leaving.delete(name);
  }

  /** Goes by other definitions from now on: what is new begins, what changed is told so, and all stand in this order. */
  async edit(
    steps: readonly Edit[],
    order: readonly string[],
    why: (settings: readonly ServiceSetting[]) => string,
  ): Promise<void> {
    const { stateDir, say } = this.house;
    const fault = await makeLifelines(steps.map(({ service }) => lifelinePathOf(stateDir, service)));
    if (fault !== null) say(`no lifelines: ${fault}; ends of adopted services are noticed within a second instead`);
    const census = await takeCensus();
    if (this.ending) return;
    this.begun = false;
    const placeOf = (name: string) => ({ index: order.indexOf(name), crowd: order.length });
    for (const [name, service] of this.services)
      if (!steps.some((step) => step.service === name))
        service.edit(service.spec, placeOf(name), { anew: null, quiet: true });
    for (const step of steps) {
      const service = this.services.get(step.service);
      const place = placeOf(step.service);
      if (service !== undefined)
        service.edit(step.spec, place, {
          anew: step.kind === "restart" ? why(step.settings) : null,
          quiet: step.kind === "move",
        });
      else {
        const added = new Service(step.spec, { ...this.house, changed: () => this.changed(), place });
        this.services.set(step.service, added);
        added.begin(census);
      }
    }
    this.putInOrder(order);
    this.begun = true;
    this.changed();
  }

  /** What became of a service that was begun or started anew by an edit: waits until it is past starting. */
  async settled(name: string, anew: boolean, spawnBefore: number): Promise<AskOutcome> {
    const service = this.services.get(name);
    if (service === undefined) return { service: name, kind: "failed", detail: "it is gone meanwhile", pid: null };
    if (service.state.desired.kind === "pause")
      return { service: name, kind: "done", detail: `${service.snapshot.reason}; it stays so`, pid: null };
    // A job that was not to be cut short, or was done already.
    const { life, spawn } = service.state;
    if (anew && spawn === spawnBefore && (life.kind === "up" || life.kind === "completed"))
      return { service: name, kind: "done", detail: "its next start goes by the new settings", pid: null };
    return this.settle(service, anew ? "restart" : "start", spawnBefore);
  }

  snapshots(): ServiceSnapshot[] {
    return [...this.services.values()].map((service) => service.snapshot);
  }

  /** Explains those that there are, as they are now. Loaded when it is asked for: the daemon's memory is not for that. */
  async explain(names: readonly string[]): Promise<Explained[]> {
    const { explain } = await import("@afloat/shared/core/explanation/explanation");
    return names.flatMap((name) => {
      const service = this.services.get(name);
      if (service === undefined) return [];
      const { state, spec, snapshot } = service;
      return [{ snapshot, explanation: explain(state, spec, this.house.nowMs()) }];
    });
  }

  async ask(verb: Ask, name: string, by: Person): Promise<AskOutcome> {
    const service = this.services.get(name);
    if (service === undefined) return { service: name, kind: "refused", detail: "there is no such service", pid: null };
    if (this.leaving.has(name))
      return {
        service: name,
        kind: "refused",
        detail: "it is not configured any more, and is being stopped",
        pid: null,
      };
    const meant = machineVerb(verb);
    // What is started now would run on after the agent, and be waited for in vain.
    if (this.ending && meant !== "pause")
      return {
        service: name,
        kind: "refused",
        detail: "the agent is being ended; `afloat up` starts it again",
        pid: null,
      };
    const spawnBefore = service.state.spawn;
    const refusal = service.send({ kind: "asked", verb: meant, by });
    if (refusal !== null) return { service: name, kind: "refused", detail: refusal, pid: null };
    return this.settle(service, verb, spawnBefore);
  }

  /** Loaded when it is asked for, as `explain` is. */
  async look(verb: "check" | "logs", name: string, by: string): Promise<Looked> {
    const service = this.services.get(name);
    if (service === undefined) return { kind: "refused", detail: "there is no such service" };
    const { checkNow, tailOf } = await import("./look.ts");
    return verb === "check" ? checkNow(service, this.house, by) : tailOf(service, this.house);
  }

  private async settle(service: Service, verb: Ask, spawnBefore: number): Promise<AskOutcome> {
    const { name } = service.spec;
    const limitMs = ASK_LIMIT_MS + planMs(service.spec);
    const isGone = () => this.services.get(name) !== service;
    const isSettled = () => isGone() || outcomeOf(service, verb, spawnBefore) !== null;
    let settled = await this.until(isSettled, limitMs);
    if (settled && isUnprobed(service) && service.state.life.kind === "up") {
      const restartedMs = lastRestartMs(service);
      await wait(PROOF_MS);
      if (!isGone() && lastRestartMs(service) !== restartedMs) return didNotStay(service);
      settled = await this.until(isSettled, limitMs);
    }
    if (isGone()) return { service: name, kind: "failed", detail: "it was removed meanwhile", pid: null };
    const outcome = outcomeOf(service, verb, spawnBefore);
    if (settled && outcome !== null) return outcome;
    return {
      service: name,
      kind: "failed",
      detail: `not done after ${durationWords(limitMs)}: ${service.snapshot.reason}`,
      pid: null,
    };
  }

  /** Asks the endpoints that are called no more, again; or sets the counters back. */
  note(verb: "recheck" | "reset", name: string, by: Person): void {
    this.services.get(name)?.send({ kind: "asked", verb, by });
  }

  /** Stops every service, dependents first is not needed: nothing is killed in a cascade. Resolves when the last is gone. */
  async shutDown(say: (text: string) => void): Promise<void> {
    this.ending = true;
    // What was not found yet would be left running, and nobody would know.
    await this.ready;
    const running = [...this.services.values()].filter(
      ({ state }) => state.life.kind === "up" || state.life.kind === "stopping",
    );
    for (const service of this.services.values()) service.send({ kind: "shutdown" });
    for (const service of running) {
      const isOver = () => service.state.life.kind !== "stopping" && service.state.life.kind !== "up";
      const over = await this.until(isOver, ASK_LIMIT_MS + planMs(service.spec));
      say(`${service.spec.name} ${over ? "stopped" : "would not stop; it is left running"}`);
    }
    await Promise.all([...this.services.values()].map((service) => service.sweep()));
  }

  /** The clock jumped: what every service has noted moves with it. */
  moveClock(shift: ClockShift): void {
    for (const service of this.services.values()) service.send({ kind: "clock", ...shift });
  }

  /** Ends all timers; the processes run on. */
  close(): void {
    this.ending = true;
    for (const service of this.services.values()) service.close();
  }

  /** Calls `listener` after every change, until the answer is called. */
  onChange(listener: () => void): () => void {
    this.waiting.add(listener);
    return () => this.waiting.delete(listener);
  }

  private putInOrder(order: readonly string[]): void {
    const all = new Map(this.services);
    this.services.clear();
    for (const name of [...order, ...all.keys()]) {
      const service = all.get(name);
      if (service !== undefined) this.services.set(name, service);
    }
  }

  private changed(): void {
    // Until all have read what an earlier agent left, nothing must be told to (and written by) those that have not.
    if (!this.begun) return;
    for (const service of this.services.values()) this.tellDependencies(service);
    for (const listener of this.waiting) listener();
  }

  private tellDependencies(service: Service): void {
    const unmet = unmetOf(service.spec, (name) => this.services.get(name)?.snapshot);
    if (JSON.stringify(unmet) !== JSON.stringify(service.state.unmet)) service.send({ kind: "dependencies", unmet });
  }

  private until(condition: () => boolean, withinMs: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (met: boolean) => {
        clearTimeout(timer);
        stop();
        resolve(met);
      };
      const timer = setTimeout(() => end(false), withinMs);
      const stop = this.onChange(() => {
        if (condition()) end(true);
      });
    });
  }
}

const lastRestartMs = ({ state }: Service) => state.restartTimes.at(-1)?.atMs ?? null;

/** It died while it was watched, and is up again or on its way: with a short backoff that is soon. */
function didNotStay({ spec, state }: Service): AskOutcome {
  const { lastExit } = state;
  const how = lastExit === null ? "it ended" : `${exitWords(lastExit)} after ${durationWords(lastExit.ranMs)}`;
  return { service: spec.name, kind: "failed", detail: `did not stay up: ${how}`, pid: null };
}

const isUnprobed = ({ spec }: Service) => spec.endpoint === null && spec.ports.length === 0;

/** How long stopping may take: the command and the signal each have their time. */
const planMs = ({ stop, check }: ServiceSpec) =>
  Math.max(stop.timeoutMs, check.stopTimeoutMs) * (stop.command === null ? 1 : 2);
