import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import type { Diagnosis, Exit, ServiceSnapshot } from "@afloat/shared/domain";
import type { ServiceSpec } from "@afloat/shared/spec";
import { dueMs, initialState, step } from "@afloat/shared/core/lifecycle";
import type {
  Effect,
  EndpointResult,
  LifecycleEvent,
  ServiceState,
  StopReason,
} from "@afloat/shared/core/lifecycle-types";
import { snapshotOf } from "@afloat/shared/core/snapshot";
import type { Journal } from "../host.ts";
import { isAlive, listeners, processesInGroup, processesWithEntry, statOf } from "../process/proc.ts";
import { spawnService } from "../process/spawn.ts";
import { stopAll } from "../process/stop.ts";
import { lastLines } from "./last-lines.ts";
import { Prober } from "./prober.ts";
import { findRunning, readState, saveState } from "./service-state.ts";

/** What a service needs of the house around it. */
export interface House {
  stateDir: string;
  /** Names this state folder in the environment of everything that is started from it. */
  stateId: string;
  journal: Journal;
  nowMs: () => number;
  say: (text: string) => void;
  changed: (service: Service) => void;
}

/** How often an adopted process, whose death the system does not announce, is looked at, milliseconds. */
const ADOPTED_LOOK_MS = 250;

/** One service: carries events to its lifecycle machine and the machine's effects out. It decides nothing. */
export class Service {
  readonly spec: ServiceSpec;
  readonly logPath: string;
  state: ServiceState;
  diagnosis: Diagnosis | null = null;
  private startTicks: number | null = null;
  private readonly house: House;
  private readonly prober: Prober;
  private timer: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;
  private told = "";
  private diagnosed = false;
  private savedMs = 0;
  private refusal: string | null = null;
  private closed = false;

  constructor(spec: ServiceSpec, house: House) {
    this.spec = spec;
    this.house = house;
    this.logPath = join(house.stateDir, "logs", `${spec.name}.log`);
    this.state = initialState(spec);
    this.prober = new Prober(spec, house.nowMs, (spawn, observation) =>
      this.send({ kind: "observed", spawn, observation, chance: Math.random() }),
    );
  }

  get snapshot(): ServiceSnapshot {
    return snapshotOf(this.state, this.spec, this.diagnosis);
  }

  /** Takes over what still runs from an earlier agent, or starts. */
  begin(): void {
    const saved = readState(this.house.stateDir, this.spec, this.house.say);
    if (saved !== null) this.state = saved.state;
    const found = findRunning(saved, this.house.stateId, this.spec.name);
    if (found !== null) {
      this.startTicks = found.startTicks;
      this.house.say(`${this.spec.name}: still runs as pid ${found.pid}; adopted`);
      this.watchAdopted(found.pid);
    }
    this.send({ kind: "began", found, chance: Math.random() });
  }

  /** One event through the machine; its effects are carried out in order. Returns why it was refused, or null. */
  send(event: LifecycleEvent): string | null {
    if (this.closed) return null;
    this.refusal = null;
    const { state, effects } = step(this.state, event, this.house.nowMs(), this.spec);
    this.state = state;
    this.save(event.kind !== "observed" || effects.length > 0);
    for (const effect of effects) this.carryOut(effect);
    this.prober.follow(this.state, this.marker);
    this.arm();
    this.explain();
    this.tell();
    return this.refusal;
  }

  /** The agent leaves: from now on nothing that happens is acted on. Processes run on, for the next agent. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.watch);
    this.prober.close();
    this.save(true);
  }

  private get marker(): string {
    return `${this.house.stateId}:${this.spec.name}:${this.state.spawn}`;
  }

  private carryOut(effect: Effect): void {
    const { journal, say } = this.house;
    const service = this.spec.name;
    switch (effect.kind) {
      case "spawn":
        void this.spawn(effect.spawn);
        return;
      case "stop":
        void this.stop(effect.spawn, effect.why);
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
          lastLines: lastLines(this.logPath, 10),
        });
        say(`${service}: restart loop: ${effect.loop.restarts} restarts, ${effect.loop.cause.text}`);
        return;
      case "loop-closed":
        journal.append({ kind: "loop-closed", service, loop: effect.loop });
        say(`${service}: the restart loop is over`);
        return;
      case "notice":
        journal.append({ kind: "notice", service, code: effect.code, text: effect.text.slice(0, 500) });
        say(effect.text);
        return;
      case "refused":
        this.refusal = effect.why;
        return;
    }
  }

  private async spawn(spawn: number): Promise<void> {
    const marker = this.marker;
    const spawned = await spawnService(this.spec, marker, this.logPath);
    if (spawned.kind === "failed") {
      this.send({ kind: "spawn-failed", spawn, error: spawned.error.slice(0, 200), chance: Math.random() });
      return;
    }
    this.startTicks = statOf(spawned.pid)?.startTicks ?? null;
    this.watchChild(spawned.child, spawned.pid, spawn);
    this.send({ kind: "spawned", spawn, pid: spawned.pid });
  }

  private watchChild(child: ChildProcess, pid: number, spawn: number): void {
    clearInterval(this.watch);
    const startedMs = this.house.nowMs();
    child.once("exit", (code, signal) => {
      const atMs = this.house.nowMs();
      this.ended(pid, spawn, { code, signal, atMs: Math.round(atMs), ranMs: Math.round(atMs - startedMs) });
    });
  }

  private watchAdopted(pid: number): void {
    clearInterval(this.watch);
    this.watch = setInterval(() => {
      if (isAlive(pid, this.startTicks)) return;
      clearInterval(this.watch);
      const { life, spawn } = this.state;
      const atMs = Math.round(this.house.nowMs());
      const sinceMs = life.kind === "up" ? life.sinceMs : atMs;
      this.ended(pid, spawn, { code: null, signal: null, atMs, ranMs: Math.max(0, Math.round(atMs - sinceMs)) });
    }, ADOPTED_LOOK_MS);
  }

  /** The first process ended. Another of its own that holds the port is the service now; other leftovers are stopped first. */
  private ended(pid: number, spawn: number, exit: Exit): void {
    const probing = this.prober.calling;
    const exited = () => this.send({ kind: "exited", spawn, exit, probing, chance: Math.random() });
    if (this.state.life.kind !== "up" || spawn !== this.state.spawn) {
      exited();
      return;
    }
    this.house.journal.append({ kind: "exited", service: this.spec.name, exit });
    const heir = this.heir();
    if (heir !== null) {
      this.startTicks = heir.startTicks;
      this.house.say(`${this.spec.name}: main process replaced: pid ${heir.pid} holds its port now`);
      this.watchAdopted(heir.pid);
      this.send({ kind: "replaced", spawn, pid: heir.pid });
      return;
    }
    if (processesLeft(pid)) void stopAll(pid, this.marker, this.spec.stop).then(exited);
    else exited();
  }

  private heir(): { pid: number; startTicks: number } | null {
    const ports = new Set(this.spec.ports);
    if (!(listeners() ?? []).some(({ port }) => ports.has(port))) return null;
    return processesWithEntry(`AFLOAT_SPAWN=${this.marker}`)[0] ?? null;
  }

  private async stop(spawn: number, why: StopReason): Promise<void> {
    const { life } = this.state;
    if (life.kind !== "stopping") return;
    const done = await stopAll(life.pid, `${this.house.stateId}:${this.spec.name}:${spawn}`, this.spec.stop);
    if (!done) this.house.say(`${this.spec.name}: something of it would not die (${why}); it is left behind`);
    clearInterval(this.watch);
    this.send({ kind: "gone", spawn, chance: Math.random() });
  }

  /** A failing endpoint is diagnosed once, until it was well in between. */
  private explain(): void {
    const { reasonCode } = this.state.judgement;
    if (reasonCode !== "unproven-endpoint" && reasonCode !== "regressed-endpoint") {
      if (this.state.judgement.verdict !== "starting") [this.diagnosed, this.diagnosis] = [false, null];
      return;
    }
    const seen = this.state.observation;
    if (this.diagnosed || seen === null || seen.endpoint === null) return;
    this.diagnosed = true;
    void this.diagnose(seen.endpoint, seen.ownPorts);
  }

  private async diagnose(endpoint: EndpointResult, ownPorts: number[] | null): Promise<void> {
    const { diagnose } = await import("../check/diagnose.ts");
    const diagnosis = await diagnose(this.spec, { endpoint, ownPorts });
    // Well again in the meantime: then there is nothing to explain.
    if (!this.diagnosed || diagnosis === null) return;
    this.diagnosis = diagnosis;
    this.house.say(`${this.spec.name}: ${diagnosis.what} ${diagnosis.proof}`);
    this.tell();
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
    if (!now && nowMs - this.savedMs < 10_000) return;
    this.savedMs = nowMs;
    saveState(this.house.stateDir, this.spec.name, { state: this.state, startTicks: this.startTicks }, this.house.say);
  }
}

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

const processesLeft = (group: number) => {
  try {
    process.kill(-group, 0);
  } catch {
    // ESRCH: nobody is left, the usual case, and the quick one.
    return false;
  }
  return processesInGroup(group).length > 0;
};
