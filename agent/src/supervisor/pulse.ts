/** How often the agent notes that it runs, and does what is done every second, milliseconds. */
const BEAT_MS = 1000;

/** One timer for all that is regular, since every waking costs. Knows since when the agent itself may have stood still: stopped, suspended, starved. */
export class Pulse {
  readonly #timer: NodeJS.Timeout;
  #lastMs: number;
  #listeners: (() => void)[] = [];

  constructor() {
    this.#lastMs = performance.now();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  /**
   * The earliest moment, by the monotonic clock, at which something that is noticed now can have happened: now, or where the agent stood still, when
   * that began. An exit must not be judged by the time of our noticing: what died at once has not run for as long as we slept.
   */
  earliestMs(): number {
    const nowMs = performance.now();
    return nowMs - this.#lastMs > 2 * BEAT_MS ? this.#lastMs + BEAT_MS : nowMs;
  }

  /** Calls it every second, until the end. */
  onBeat(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #beat(): void {
    this.#lastMs = performance.now();
    for (const listener of this.#listeners) listener();
  }

  close(): void {
    this.#listeners = [];
    clearInterval(this.#timer);
  }
}
