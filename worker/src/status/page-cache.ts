interface Kept<T> {
  /** Milliseconds by the clock of whoever asks. */
  untilMs: number;
  value: T;
}

/**
 * A short memory of pages, per isolate. Only what was read is shared, never the reading itself: it would end with the request
 * that began it.
 */
export class PageCache<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #limit: number;

  /** `limit`: pages kept at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  async get(key: string, nowMs: number, forMs: number, read: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.value;
    const value = await read();
    this.#kept.delete(key);
    this.#kept.set(key, { untilMs: nowMs + forMs, value });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#limit && oldest !== undefined) this.#kept.delete(oldest);
    return value;
  }
}
