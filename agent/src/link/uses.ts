import { type HourSample, togetherUntilMs } from "@afloat/shared/core/hour-sample";
import type { AgentMessage, ServiceUse } from "@afloat/shared/wire";

/** What the link needs of the meter. (measures/meter.ts) */
export interface UsesGround {
  uses: () => ServiceUse[];
  refresh: () => void;
  watch: (everyMs: number, tell: () => void) => () => void;
  onHour: (ended: (hour: HourSample) => void) => void;
}

/** What one message may carry (wire.ts). */
const SERVICES = 500;
/** Hours that are kept while the cloud is away: a day of them. */
const HOURS_KEPT = 24;
const HOUR_MS = 3_600_000;

/** Tells the cloud what services use: hours, some together once all of them are over; and all the time while somebody looks at it there. */
export class Uses {
  readonly #ground: UsesGround;
  readonly #send: (message: AgentMessage) => void;
  /** Not recorded yet, oldest first. An agent that ends takes them along: they are for charts, and not worth a disk. */
  #hours: HourSample[] = [];
  /** The cloud we are connected to takes them. */
  #taken = false;
  #stopWatching = () => {};
  readonly #spreadMs: () => number;
  #late: NodeJS.Timeout | undefined;

  /** `spreadMs`: so long after the full hour it is told, since every host of a fleet ends its hour at once. */
  constructor(ground: UsesGround, send: (message: AgentMessage) => void, spreadMs = () => 0) {
    this.#ground = ground;
    this.#send = send;
    this.#spreadMs = spreadMs;
    ground.onHour((hour) => this.#ended(hour));
  }

  /** From now on, at once and so often, milliseconds; 0 for no more. */
  stream(everyMs: number): void {
    this.#stopWatching();
    this.#stopWatching = () => {};
    if (everyMs === 0) return;
    const tell = () => this.#send({ type: "measures", services: this.#ground.uses().slice(0, SERVICES) });
    this.#stopWatching = this.#ground.watch(everyMs, tell);
    this.#ground.refresh();
    tell();
  }

  /** This cloud takes samples: it is told what it does not have, but for an hour that waits for the next one. */
  tellHours(): void {
    this.#taken = true;
    const [newest] = this.#hours.slice(-1);
    const overMs = (newest?.hourMs ?? 0) + HOUR_MS;
    for (const hour of this.#hours) if (togetherUntilMs(hour.hourMs) <= overMs) this.#tell(hour);
  }

  /** The agent leaves: whatever is not recorded yet. */
  tellRest(): void {
    for (const hour of this.#taken ? this.#hours : []) this.#tell(hour);
  }

  recorded(hourMs: number): void {
    this.#hours = this.#hours.filter((hour) => hour.hourMs !== hourMs);
  }

  /** The connection is over. */
  stop(): void {
    this.#taken = false;
    clearTimeout(this.#late);
    this.stream(0);
  }

  #ended(hour: HourSample): void {
    this.#hours = [...this.#hours, hour].slice(-HOURS_KEPT);
    if (!this.#taken) return;
    // Connected anew meanwhile, it was told then; said again, it is recorded once.
    const afterMs = this.#spreadMs();
    if (afterMs === 0) return this.tellHours();
    this.#late = setTimeout(() => this.tellHours(), afterMs);
  }

  #tell(hour: HourSample): void {
    this.#send({ type: "sample", ...hour, services: hour.services.slice(0, SERVICES) });
  }
}
