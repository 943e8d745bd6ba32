/** How often it is looked whether the agent still runs while something is under way, milliseconds. */
const LOOK_MS = 100;
/** Lateness up to this is a busy machine's usual, milliseconds. */
const USUAL_MS = 25;

/**
 * Knows for how long the agent itself stood still while something was under way: stopped by a signal, starved, suspended. What
 * was timed meanwhile was not timed fairly. It looks only while somebody asks, since every waking costs.
 */
export class Standstill {
  readonly #suspendedMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #lookedMs = 0;
  #totalMs = 0;
  #askers = 0;

  /** `suspendedMs`: for how long the machine was suspended so far. */
  constructor(suspendedMs: () => number) {
    this.#suspendedMs = suspendedMs;
  }

  /** From now on; calling the answer ends it and tells for how long the agent stood still in between, milliseconds. */
  begin(): () => number {
    // What stood still before is nobody's who begins now.
    if (this.#askers++ > 0) this.#look();
    else this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#lookedMs = performance.now();
    const before = this.#totalMs + this.#suspendedMs();
    return () => {
      this.#look();
      if (--this.#askers === 0) clearInterval(this.#timer);
      return this.#totalMs + this.#suspendedMs() - before;
    };
  }

  #look(): void {
    const nowMs = performance.now();
    const lateMs = nowMs - this.#lookedMs - LOOK_MS;
    if (lateMs > USUAL_MS) this.#totalMs += lateMs;
    this.#lookedMs = nowMs;
  }
}
