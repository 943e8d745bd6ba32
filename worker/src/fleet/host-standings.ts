import { maintainedLastMs, maintainedUntilMs, type Maintenance, spanOf } from "../maintenance/core/maintenance.ts";

/** How a host stands to what is announced. */
export interface HostStanding {
  /** The end of what it is in at this moment, with what joins it; null where it is in none. */
  untilMs: number | null;
  /** When its last one was over that is over by now; null where none was. */
  lastMs: number | null;
}

/**
 * How hosts stand to an organization's maintenance, found out once for each until another begins or ends: an alarm asks of each of thousands
 * of hosts several times. Kept of each are two times, however much is announced.
 */
export class HostStandings {
  readonly #all: readonly Maintenance[];
  #fromMs = Infinity;
  #toMs = -Infinity;
  readonly #of = new Map<string, HostStanding>();

  constructor(all: readonly Maintenance[]) {
    this.#all = all;
  }

  of(hostId: string, nowMs: number): HostStanding {
    if (this.#all.length === 0) return IN_NONE;
    if (nowMs < this.#fromMs || nowMs >= this.#toMs) this.#begin(nowMs);
    const known = this.#of.get(hostId);
    if (known !== undefined) return known;
    const subject = { hostId, serviceId: null };
    const found = {
      untilMs: maintainedUntilMs(this.#all, subject, nowMs),
      lastMs: maintainedLastMs(this.#all, subject, nowMs),
    };
    this.#of.set(hostId, found);
    return found;
  }

  /** From the last beginning or end until the next one nothing of it changes. */
  #begin(nowMs: number): void {
    this.#of.clear();
    [this.#fromMs, this.#toMs] = [-Infinity, Infinity];
    for (const one of this.#all) {
      const { fromMs, toMs } = spanOf(one);
      for (const edgeMs of [fromMs, toMs]) {
        if (edgeMs <= nowMs) this.#fromMs = Math.max(this.#fromMs, edgeMs);
        else this.#toMs = Math.min(this.#toMs, edgeMs);
      }
    }
  }
}

/** Where nothing is announced. */
export const IN_NONE: HostStanding = { untilMs: null, lastMs: null };
