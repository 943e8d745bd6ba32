import { setTimeout as wait } from "node:timers/promises";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { Person, Unmet } from "@afloat/shared/core/lifecycle-types";
import { durationWords } from "@afloat/shared/core/duration";
import type { ClockShift } from "@afloat/shared/core/clock-shift";
import type { ServiceSpec } from "@afloat/shared/spec";
import type { AskOutcome, Explained } from "../control/protocol.ts";
import type { Supervised } from "../host.ts";
import { takeCensus } from "../process/census.ts";
import { makeLifelines } from "../process/lifeline.ts";
import { lifelinePathOf } from "./processes.ts";
import { type House, Service } from "./service.ts";

/** The house as the supervisor finds it; it gives each service its place. */
type Shell = Omit<House, "changed" | "place">;

type Ask = Parameters<Supervised["ask"]>[0];

/** How long a request may take beyond its stop plan before it is called failed, milliseconds. */
const ASK_LIMIT_MS = 60_000;

/** What has nothing to probe is called started when it has lived for so long: most that cannot start end at once, milliseconds. */
const PROOF_MS = 250;

/** All services of the host, and what holds between them: dependencies. */
export class Supervisor implements Supervised {
  readonly services = new Map<string, Service>();
  private readonly waiting = new Set<() => void>();
  private begun = false;
  private readonly house: Shell;

  constructor(specs: ServiceSpec[], house: Shell) {
    this.house = house;
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
    this.begun = true;
    this.changed();
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
    const spawnBefore = service.state.spawn;
    const refusal = service.send({ kind: "asked", verb: machineVerb(verb), by });
    if (refusal !== null) return { service: name, kind: "refused", detail: refusal, pid: null };
    const limitMs = ASK_LIMIT_MS + planMs(service.spec);
    const isSettled = () => this.outcome(service, verb, spawnBefore) !== null;
    let settled = await this.until(isSettled, limitMs);
    if (settled && isUnprobed(service) && service.state.life.kind === "up") {
      await wait(PROOF_MS);
      settled = await this.until(isSettled, limitMs);
    }
    const outcome = this.outcome(service, verb, spawnBefore);
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
    for (const service of this.services.values()) service.close();
  }

  /** Calls `listener` after every change, until the answer is called. */
  onChange(listener: () => void): () => void {
    this.waiting.add(listener);
    return () => this.waiting.delete(listener);
  }

  private changed(): void {
    // Until all have read what an earlier agent left, nothing must be told to (and written by) those that have not.
    if (!this.begun) return;
    for (const service of this.services.values()) this.tellDependencies(service);
    for (const listener of this.waiting) listener();
  }

  private tellDependencies(service: Service): void {
    const unmet: Unmet[] = [];
    for (const [name, condition] of Object.entries(service.spec.dependsOn)) {
      const needed = this.services.get(name)?.snapshot;
      const why = needed === undefined ? "is not configured" : unmetWords(needed, condition);
      if (why === null) continue;
      unmet.push({ service: name, condition, why });
    }
    if (JSON.stringify(unmet) !== JSON.stringify(service.state.unmet)) service.send({ kind: "dependencies", unmet });
  }

  private outcome(service: Service, verb: Ask, spawnBefore: number): AskOutcome | null {
    const { name, state, verdict, reason, pid } = service.snapshot;
    const done = (detail: string): AskOutcome => ({ service: name, kind: "done", detail, pid });
    if (verb === "pause" || verb === "stop") return state === "paused" ? done("paused") : null;
    if (service.state.desired.kind === "pause")
      return { service: name, kind: "failed", detail: `${reason}, meanwhile`, pid: null };
    if (verb === "restart" && service.state.spawn === spawnBefore && state !== "waiting") return null;
    if (state === "backoff" || (state === "completed" && verdict === "down")) {
      return { service: name, kind: "failed", detail: reason, pid: null };
    }
    if (state === "waiting") return done(reason);
    if (state === "completed") return done(reason);
    return state === "up" && verdict !== "starting" ? done(`running as pid ${pid}, ${verdict}`) : null;
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

const isUnprobed = ({ spec }: Service) => spec.endpoint === null && spec.ports.length === 0;

/** How long stopping may take: the command and the signal each have their time. */
const planMs = ({ stop, check }: ServiceSpec) =>
  Math.max(stop.timeoutMs, check.stopTimeoutMs) * (stop.command === null ? 1 : 2);

function machineVerb(verb: Ask): "restart" | "pause" | "resume" {
  if (verb === "restart") return "restart";
  return verb === "pause" || verb === "stop" ? "pause" : "resume";
}

/** Why a dependency is not there yet, or null where it is. A degraded one counts as healthy: else a wrong endpoint would strand it. */
function unmetWords(needed: ServiceSnapshot, condition: Unmet["condition"]): string | null {
  const met = {
    started: needed.state === "up" || needed.state === "completed",
    listening: needed.verdict === "healthy" || (needed.verdict === "degraded" && needed.reasonCode !== "unproven-port"),
    healthy: needed.verdict === "healthy" || needed.verdict === "degraded",
    completed: needed.verdict === "completed",
  }[condition];
  return met ? null : `is ${needed.verdict} (${needed.reason})`.slice(0, 200);
}
