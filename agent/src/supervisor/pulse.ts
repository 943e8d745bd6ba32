/** How often the agent notes that it runs, milliseconds. */
const BEAT_MS = 1000;

/** Knows since when the agent itself may have stood still: stopped, suspended, starved. */
export class Pulse {
  readonly #nowMs: () => number;
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#lastMs = nowMs();
    this.#timer = setInterval(() => (this.#lastMs = nowMs()), BEAT_MS);
  }

  /**
   * The earliest moment at which something that is noticed now can have happened: now, or where the agent stood still, when
   * that began. An exit must not be judged by the time of our noticing: what died at once has not run for as long as we slept.
   */
  earliestMs(): number {
    const nowMs = this.#nowMs();
    return nowMs - this.#lastMs > 2 * BEAT_MS ? this.#lastMs + BEAT_MS : nowMs;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
