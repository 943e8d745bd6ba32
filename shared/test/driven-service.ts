import type { Exit } from "../src/domain.ts";
import { dueMs, initialState, step } from "../src/core/lifecycle.ts";
import type { Effect, EndpointResult, LifecycleEvent, PortResult, ServiceState } from "../src/core/lifecycle-types.ts";
import type { ServiceSpec } from "../src/spec.ts";

/** A service driven by hand through moved time: what stories and property tests hold in their hands. */
export class DrivenService {
  state: ServiceState;
  nowMs = 1_761_998_400_000;
  effects: Effect[] = [];
  readonly spec: ServiceSpec;
  private pid = 100;

  constructor(spec: ServiceSpec) {
    this.spec = spec;
    this.state = initialState(spec);
  }

  /** One event; returns its effects. */
  send(event: LifecycleEvent): Effect[] {
    const result = step(this.state, event, this.nowMs, this.spec);
    this.state = result.state;
    this.effects.push(...result.effects);
    return result.effects;
  }

  /** Begins, and lets every spawn succeed. */
  begin(): this {
    this.send({ kind: "began", found: null, seenMs: null, chance: 0.5 });
    return this.spawned();
  }

  /** The shell's part of a start. */
  spawned(): this {
    if (this.state.life.kind === "starting") this.send({ kind: "spawned", spawn: this.state.spawn, pid: ++this.pid });
    return this;
  }

  exit(exit: Partial<Exit> = { code: 1 }, opts: { probing?: boolean } = {}): Effect[] {
    const sinceMs = this.state.life.kind === "up" ? this.state.life.sinceMs : this.nowMs;
    const whole: Exit = { code: null, signal: null, atMs: this.nowMs, ranMs: this.nowMs - sinceMs, ...exit };
    const probing = opts.probing ?? false;
    return this.send({ kind: "exited", spawn: this.state.spawn, exit: whole, probing, chance: 0.5 });
  }

  gone(): this {
    this.send({ kind: "gone", spawn: this.state.spawn, chance: 0.5 });
    return this.spawned();
  }

  probe(
    endpoint: EndpointResult | null,
    ports: PortResult[] = [own(5001)],
    ownPorts: number[] | null = null,
  ): Effect[] {
    const observation = { startedMs: this.nowMs, endedMs: this.nowMs, endpoint, ports, ownPorts };
    return this.send({ kind: "observed", spawn: this.state.spawn, observation, chance: 0.5 });
  }

  /** Moves time, ticking whenever the machine asked for it, and starts what is to be started. */
  pass(ms: number): this {
    const endMs = this.nowMs + ms;
    for (let due = dueMs(this.state, this.spec); due !== null && due <= endMs; due = dueMs(this.state, this.spec)) {
      this.nowMs = Math.max(this.nowMs, due);
      this.send({ kind: "tick", chance: 0.5 });
      this.spawned();
      const again = dueMs(this.state, this.spec);
      if (again !== null && again <= this.nowMs)
        throw new Error(`a tick at its due time changed nothing: ${JSON.stringify(this.state)}`);
    }
    this.nowMs = endMs;
    return this;
  }

  /** Probes every interval for so long, with the same answer each time. */
  watch(ms: number, endpoint: EndpointResult | null, ports?: PortResult[]): this {
    for (let t = 0; t < ms; t += this.spec.check.intervalMs) {
      this.pass(this.spec.check.intervalMs);
      if (this.state.life.kind === "up") this.probe(endpoint, ports);
    }
    return this;
  }

  get verdict(): string {
    return `${this.state.judgement.verdict}: ${this.state.judgement.reasonCode}`;
  }

  count(kind: Effect["kind"]): number {
    return this.effects.filter((effect) => effect.kind === kind).length;
  }
}

export const ok: EndpointResult = { kind: "ok", status: 200, ms: 3 };
export const notFound: EndpointResult = { kind: "status", status: 404, ms: 3 };
export const timedOut: EndpointResult = { kind: "timeout", ms: 2000 };
export const own = (port: number): PortResult => ({ port, kind: "listening", owner: "own" });
export const closed = (port: number): PortResult => ({ port, kind: "closed" });
export const foreign = (port: number): PortResult => ({
  port,
  kind: "listening",
  owner: "foreign",
  pid: 77,
  name: "squatter",
});
