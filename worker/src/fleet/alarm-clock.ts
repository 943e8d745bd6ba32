/**
 * It rings so much after what it was wanted for, milliseconds: the heartbeat that comes at the very deadline has been heard by then, and
 * the next deadline is a whole one away. Offline is said within a second of its time all the same.
 */
export const GRACE_MS = 500;

/** One that has not rung so long after what it was wanted for may be lost, milliseconds. */
const OVERDUE_MS = 60_000;

/** The one alarm of an object, at the earliest deadline. Setting it costs a row, so it is set only to bring it forward. */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  readonly #graceMs: number;
  /** What it is set for; it rings a little later. */
  #atMs: number | null = null;
  /** Times the alarm was set since the Fleet woke: each is a row written. */
  settings = 0;

  constructor(storage: DurableObjectStorage, graceMs = GRACE_MS) {
    this.#storage = storage;
    this.#graceMs = graceMs;
  }

  /** Finds out what is set already. */
  async read(): Promise<void> {
    const ringsMs = await this.#storage.getAlarm();
    this.#atMs = ringsMs === null ? null : ringsMs - this.#graceMs;
  }

  /** The alarm went off: none is set now. */
  rang(): void {
    this.#atMs = null;
  }

  /** Be awake at `atMs`, or earlier; at once where one that was set has not rung. Answers whether it had to be set for that. */
  async want(atMs: number): Promise<boolean> {
    if (await this.#isLost()) atMs = Math.min(atMs, Date.now());
    if (this.#atMs !== null && this.#atMs <= atMs) return false;
    this.#atMs = atMs;
    this.settings += 1;
    await this.#storage.setAlarm(atMs + this.#graceMs);
    return true;
  }

  /** Late alarms are still to come; of one that is lost the platform knows nothing any more. */
  async #isLost(): Promise<boolean> {
    if (this.#atMs === null || Date.now() - this.#atMs < OVERDUE_MS) return false;
    await this.read();
    return this.#atMs === null;
  }
}
