import { cadenceOf, type Cadence, firstDueMs, nextDueMs } from "@afloat/shared/core/cadence";
import type { EndpointResult, Observation, ServiceState } from "@afloat/shared/core/lifecycle-types";
import { calledFromMs } from "@afloat/shared/core/blame";
import type { ServiceSpec } from "@afloat/shared/spec";
import { probeEndpoint } from "../probe/endpoint.ts";
import { type PortsSeen, PortWatch } from "../probe/port.ts";
import { watchShortage } from "../process/shortage.ts";
import type { Standstill } from "./standstill.ts";

/** What a prober needs of the house. */
export interface ProbingGround {
  nowMs: () => number;
  standstill: Standstill;
  /** Its place among all services of the host, so that they are not probed all at once. */
  place: { index: number; crowd: number };
}

/** A time-out says nothing of the service where the agent itself stood still for this part of it. */
const UNFAIR_PART = 1 / 4;

interface Life {
  spawn: number;
  pid: number;
  mark: string;
  /** By the monotonic clock, as all moments here. */
  youngUntilMs: number;
}

/** Probes one service at its cadence while it is up, one probe at a time, and drops what comes back too late. */
export class Prober {
  #spec: ServiceSpec;
  readonly #ground: ProbingGround;
  readonly #observed: (spawn: number, observation: Observation) => void;
  #place: ProbingGround["place"];
  #cadence: Cadence;
  #ports: PortWatch;
  #timer: NodeJS.Timeout | undefined;
  #life: Life | null = null;
  /** Whose endpoint is being called. */
  #called: Life | null = null;
  #eager = true;
  /** By the clock of the house. */
  #calledFromMs = 0;

  constructor(spec: ServiceSpec, ground: ProbingGround, observed: (spawn: number, observation: Observation) => void) {
    this.#spec = spec;
    this.#ground = ground;
    this.#observed = observed;
    this.#place = ground.place;
    this.#cadence = cadenceOf(spec.check.intervalMs, ground.place.index, ground.place.crowd);
    this.#ports = new PortWatch(spec.ports, spec.endpoint);
  }

  /** From now on by this definition, and at this place among all (null: where it was). `anew`: what is probed is another thing now, and is looked at soon. */
  edit(spec: ServiceSpec, place: ProbingGround["place"] | null, anew: boolean): void {
    this.#spec = spec;
    this.#place = place ?? this.#place;
    const { index, crowd } = this.#place;
    this.#cadence = cadenceOf(spec.check.intervalMs, index, crowd);
    if (!anew) return;
    this.#ports = new PortWatch(spec.ports, spec.endpoint);
    this.close();
  }

  /** True from the call of its endpoint until the probe is told. */
  get calling(): boolean {
    return this.#called !== null && this.#called === this.#life;
  }

  /** Starts with a life and ends with it. */
  follow(state: ServiceState, mark: string): void {
    const { life, spawn } = state;
    this.#calledFromMs = calledFromMs(state);
    if (life.kind !== "up" || (this.#spec.endpoint === null && this.#spec.ports.length === 0)) {
      this.close();
      return;
    }
    if (this.#life?.spawn !== spawn || this.#life.pid !== life.pid) {
      this.close();
      this.#eager = true;
      const nowMs = performance.now();
      const youngUntilMs = nowMs - this.#ground.nowMs() + life.sinceMs + this.#spec.check.startPeriodMs;
      this.#life = { spawn, pid: life.pid, mark, youngUntilMs };
      this.#arm(this.#life, firstDueMs(this.#cadence, nowMs, life.adopted));
    }
    // Once it was well, and once failures count, it is probed at the pace that was asked for.
    if (state.judgement.verdict === "healthy" || state.port.failures > 0) this.#eager = false;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#life = null;
  }

  #arm(life: Life, dueMs: number): void {
    this.#timer = setTimeout(() => void this.#probe(life, dueMs), Math.max(1, dueMs - performance.now()));
  }

  async #probe(life: Life, dueMs: number): Promise<void> {
    const startedMs = performance.now();
    const stoodStillMs = this.#ground.standstill.begin();
    const wasShort = watchShortage();
    const { timeoutMs } = this.#spec.check;
    const endpoint = await this.#callEndpoint(life);
    const seen = await this.#lookAtPorts(life, endpoint);
    const unfair = stoodStillMs() > timeoutMs * UNFAIR_PART;
    // Only now: a process that the call ended may be reported dead while its ports are looked at.
    if (this.#called === life) this.#called = null;
    if (this.#life !== life) return;
    const endedMs = performance.now();
    // The deadline was ours, and so was the delay: asked again, it may answer. So was the want of a descriptor or of memory.
    // Whatever else came is a fact.
    const isFact = !wasShort() && (endpoint?.kind !== "timeout" || !unfair);
    if (isFact) this.#tell(life, { startedMs, endedMs }, { endpoint, ...seen });
    // What was told may have ended its life.
    if (this.#life !== life) return;
    const eager = this.#eager && endedMs < life.youngUntilMs;
    this.#arm(life, nextDueMs(this.#cadence, { dueMs, startedMs, endedMs }, eager));
  }

  #tell(
    life: Life,
    { startedMs, endedMs }: { startedMs: number; endedMs: number },
    seen: Omit<Observation, "startedMs" | "endedMs">,
  ): void {
    const nowMs = this.#ground.nowMs();
    this.#observed(life.spawn, { startedMs: nowMs - Math.round(endedMs - startedMs), endedMs: nowMs, ...seen });
  }

  /** Where an endpoint that answers is all there is, nobody asks whose ports there are. */
  async #lookAtPorts(life: Life, endpoint: EndpointResult | null): Promise<PortsSeen> {
    if (this.#spec.ports.length === 0 && endpoint?.kind === "ok") return { ports: [], ownPorts: [] };
    const { pid, mark } = life;
    return this.#ports.look({ pid, mark }, { timeoutMs: this.#spec.check.timeoutMs, nowMs: this.#ground.nowMs() });
  }

  async #callEndpoint(life: Life): Promise<EndpointResult | null> {
    if (this.#spec.endpoint === null || this.#ground.nowMs() < this.#calledFromMs) return null;
    this.#called = life;
    return probeEndpoint(this.#spec, this.#spec.endpoint, this.#spec.check.timeoutMs);
  }
}
