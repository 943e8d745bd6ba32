import type { ProbeCounts } from "@afloat/shared/domain";
import { cumulative, emptyHistogram, type Histogram, withTime } from "@afloat/shared/core/histogram";
import { isAnswer } from "@afloat/shared/core/latency";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";

/** What is counted of a service for as long as the agent lives, and never goes back: not even where a person resets its counters. */
export class Tally {
  #restarts: number | null = null;
  #counted = 0;
  #ok = 0;
  #failed = 0;
  #times: Histogram | null = null;

  /** Restarts: those that were known when the agent started, and all since. */
  get restarts(): number {
    return this.#counted;
  }

  /** Null before the first probe. */
  get probes(): ProbeCounts | null {
    if (this.#ok + this.#failed === 0) return null;
    const times = this.#times ?? emptyHistogram();
    return { ok: this.#ok, failed: this.#failed, buckets: cumulative(times), sumSeconds: times.sumSeconds };
  }

  /** The service's own counter, which a person may set back. */
  sawRestarts(restarts: number): void {
    this.#counted += Math.max(0, restarts - (this.#restarts ?? 0));
    this.#restarts = restarts;
  }

  /** One call of its endpoint. */
  sawProbe(result: EndpointResult): void {
    if (result.kind === "ok") this.#ok++;
    else this.#failed++;
    if (isAnswer(result)) this.#times = withTime(this.#times ?? emptyHistogram(), result.ms / 1000);
  }
}
