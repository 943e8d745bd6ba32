import { dueMs, initialState, step } from "@afloat/shared/core/lifecycle";
import type { Effect, EndpointResult, PortResult, ServiceState } from "@afloat/shared/core/lifecycle-types";
import type { ServiceSpec } from "@afloat/shared/spec";

/** What probes see of a service. */
export interface Look {
  endpoint: EndpointResult | null;
  ports: PortResult[];
  ownPorts: number[] | null;
}

/** When a prober first looks after a start, and its pace until the service is healthy, milliseconds: as agents do it. */
const FIRST_LOOK_MS = 250;
const EAGER_MS = 1_000;

/** One service on the pure machine, probed and ticked as an agent would, through time that is moved and never waited for. */
export class MovedService {
  nowMs = 1_761_998_400_000;
  state: ServiceState;
  readonly effects: Effect[] = [];
  /** When each process started and ended, for rules that look at nothing else. */
  readonly starts: number[] = [];
  readonly exits: { atMs: number; ranMs: number }[] = [];
  readonly #spec: ServiceSpec;
  readonly #chance: number;
  #nextLookMs = Number.POSITIVE_INFINITY;

  /** `chance`: what every random number is, in [0, 1). */
  constructor(spec: ServiceSpec, chance: number) {
    this.#spec = spec;
    this.#chance = chance;
    this.state = initialState(spec);
    this.#send({ kind: "began", found: null, seenMs: null, chance });
  }

  /** Probes at the cadence and ticks when the machine asks for it, until so much time has passed. */
  pass(ms: number, look: Look): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const tickMs = dueMs(this.state, this.#spec) ?? Number.POSITIVE_INFINITY;
      const nextMs = Math.min(tickMs, this.#nextLookMs);
      if (nextMs > endMs) break;
      this.nowMs = Math.max(this.nowMs, nextMs);
      if (tickMs <= this.#nextLookMs) this.#send({ kind: "tick", chance: this.#chance });
      else this.#look(look);
    }
    this.nowMs = endMs;
  }

  /** Lets the process end by itself, and moves time until the next one runs. */
  crash(): void {
    if (this.state.life.kind !== "up") throw new Error(`expected a service that is up, got ${this.state.life.kind}`);
    const ranMs = this.nowMs - this.state.life.sinceMs;
    this.exits.push({ atMs: this.nowMs, ranMs });
    const exit = { code: 1, signal: null, atMs: this.nowMs, ranMs };
    this.#send({ kind: "exited", spawn: this.state.spawn, exit, probing: false, chance: this.#chance });
    this.#waitOut();
  }

  /** Moves time to the end of the backoff, where there is one. */
  #waitOut(): void {
    if (this.state.life.kind !== "backoff") return;
    this.nowMs = this.state.life.untilMs;
    this.#send({ kind: "tick", chance: this.#chance });
  }

  count(kind: Effect["kind"]): number {
    return this.effects.filter((effect) => effect.kind === kind).length;
  }

  #look(look: Look): void {
    const { intervalMs, startPeriodMs } = this.#spec.check;
    const observation = { startedMs: this.nowMs, endedMs: this.nowMs, ...look };
    this.#send({ kind: "observed", spawn: this.state.spawn, observation, chance: this.#chance });
    if (this.state.life.kind !== "up") return;
    const isYoung = this.nowMs - this.state.life.sinceMs < startPeriodMs;
    const isEager = isYoung && this.state.judgement.verdict !== "healthy";
    this.#nextLookMs = this.nowMs + (isEager ? Math.min(EAGER_MS, intervalMs) : intervalMs);
  }

  #send(event: Parameters<typeof step>[1]): void {
    const { state, effects } = step(this.state, event, this.nowMs, this.#spec);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === "loop-opened" || effect.kind === "restart" || effect.kind === "notice")
        this.effects.push(effect);
      if (effect.kind === "spawn") this.#started(effect.spawn);
      if (effect.kind === "stop") this.#send({ kind: "gone", spawn: effect.spawn, chance: this.#chance });
    }
  }

  #started(spawn: number): void {
    this.starts.push(this.nowMs);
    this.#nextLookMs = this.nowMs + FIRST_LOOK_MS;
    this.#send({ kind: "spawned", spawn, pid: 100 + spawn });
  }
}
