import { setTimeout as wait } from "node:timers/promises";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import type { EndpointSpec, ServiceSpec } from "@afloat/shared/spec";
import { probeEndpoint } from "../probe/endpoint.ts";

/** How long a diagnosis may take as a whole, milliseconds. */
const LIMIT_MS = 20_000;

/** How long one more call may take, milliseconds. */
export const TRY_TIMEOUT_MS = 2000;

/** Ends something when its time is over, but takes first what has come while we were busy: that was in time. */
export function endAfter(ms: number, end: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(end), ms);
}

/** The diagnosis is called off, or its time is over. */
export class LookOver extends Error {}

/** The time that a diagnosis has, and the leave to go on: what it still has open when either is over is closed at once. */
export class Look {
  readonly #over = new AbortController();
  readonly #calledOff: AbortSignal | null;
  readonly #endMs = performance.now() + LIMIT_MS;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = () => this.#over.abort();

  constructor(calledOff: AbortSignal | null) {
    this.#calledOff = calledOff;
    this.#timer = setTimeout(this.#stop, LIMIT_MS);
    calledOff?.addEventListener("abort", this.#stop);
    if (calledOff?.aborted === true) this.#stop();
  }

  get isCalledOff(): boolean {
    return this.#calledOff?.aborted === true;
  }

  /** Ends its timer. */
  end(): void {
    clearTimeout(this.#timer);
    this.#calledOff?.removeEventListener("abort", this.#stop);
  }

  /** Does one thing that takes time; what it gets ends it. Throws LookOver where there is no time for it, or no leave. */
  async take<T>(timeoutMs: number, act: (timeoutMs: number, signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#goOn();
    const one = new AbortController();
    const stop = () => one.abort();
    this.#over.signal.addEventListener("abort", stop);
    try {
      const done = await act(Math.min(timeoutMs, this.#endMs - performance.now()), one.signal);
      this.#goOn();
      return done;
    } finally {
      this.#over.signal.removeEventListener("abort", stop);
    }
  }

  /** Calls an endpoint of a service. Throws LookOver. */
  call(spec: ServiceSpec, endpoint: EndpointSpec, timeoutMs = TRY_TIMEOUT_MS): Promise<EndpointResult> {
    return this.take(timeoutMs, (ms, signal) => probeEndpoint(spec, endpoint, ms, signal));
  }

  /** Waits. Throws LookOver. */
  pause(ms: number): Promise<void> {
    return this.take(ms, (leftMs, signal) => wait(leftMs, undefined, { signal }).catch(() => undefined));
  }

  #goOn(): void {
    if (this.#over.signal.aborted) throw new LookOver("the diagnosis is over");
  }
}
