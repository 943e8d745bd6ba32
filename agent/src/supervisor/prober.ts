import type { EndpointResult, Observation, ServiceState } from "@afloat/shared/core/lifecycle-types";
import { CRASHES_TO_RETIRE } from "@afloat/shared/core/restarts";
import type { ServiceSpec } from "@afloat/shared/spec";
import { probeEndpoint } from "../probe/endpoint.ts";
import { lookAtPorts } from "../probe/port.ts";

/** The first look after a start, and the pace until it is healthy, milliseconds: a person waits for that. */
const FIRST_MS = 250;
const EAGER_MS = 1000;

/** Probes one service at its cadence while it is up, one probe at a time, and drops what comes back too late. */
export class Prober {
  /** True from the call of its endpoint until the probe is told. */
  calling = false;
  private readonly spec: ServiceSpec;
  private readonly nowMs: () => number;
  private readonly observed: (spawn: number, observation: Observation) => void;
  private timer: NodeJS.Timeout | undefined;
  private following: { spawn: number; pid: number; sinceMs: number; marker: string } | null = null;
  private eager = true;
  private retired = false;

  constructor(spec: ServiceSpec, nowMs: () => number, observed: (spawn: number, observation: Observation) => void) {
    this.spec = spec;
    this.nowMs = nowMs;
    this.observed = observed;
  }

  /** Starts with a life and ends with it. */
  follow(state: ServiceState, marker: string): void {
    const { life, spawn } = state;
    this.retired = state.endpoint.crashes >= CRASHES_TO_RETIRE;
    this.eager = state.judgement.verdict !== "healthy";
    if (life.kind !== "up" || (this.spec.endpoint === null && this.spec.ports.length === 0)) {
      this.close();
      return;
    }
    if (this.following?.spawn === spawn && this.following.pid === life.pid) return;
    this.close();
    this.following = { spawn, pid: life.pid, sinceMs: life.sinceMs, marker };
    this.timer = setTimeout(() => void this.probe(), life.adopted ? 1 : FIRST_MS);
  }

  close(): void {
    clearTimeout(this.timer);
    this.following = null;
  }

  private async probe(): Promise<void> {
    const target = this.following;
    if (target === null) return;
    const startedMs = this.nowMs();
    const endpoint = await this.callEndpoint();
    const seen = await lookAtPorts(this.spec.ports, target.pid, target.marker, this.spec.check.timeoutMs);
    // Only now: a process that the call ended may be reported dead while its ports are looked at.
    this.calling = false;
    if (this.following !== target) return;
    this.plan(target.sinceMs, startedMs);
    this.observed(target.spawn, { startedMs, endedMs: this.nowMs(), endpoint, ...seen });
  }

  private plan(sinceMs: number, startedMs: number): void {
    const nowMs = this.nowMs();
    const young = nowMs - sinceMs < this.spec.check.startPeriodMs;
    const paceMs = this.eager && young ? Math.min(EAGER_MS, this.spec.check.intervalMs) : this.spec.check.intervalMs;
    this.timer = setTimeout(() => void this.probe(), Math.max(10, startedMs + paceMs - nowMs));
  }

  private async callEndpoint(): Promise<EndpointResult | null> {
    if (this.spec.endpoint === null || this.retired) return null;
    this.calling = true;
    return probeEndpoint(this.spec, this.spec.endpoint, this.spec.check.timeoutMs);
  }
}
