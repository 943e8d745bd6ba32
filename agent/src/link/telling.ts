import { moveEvent, moveSnapshot } from "@afloat/shared/core/clock-correction";
import type { CloudMessage, Hello, JournalEvent } from "@afloat/shared/wire";
import type { Journal } from "../host.ts";
import { aheadMs, type CloudClock, correctionMs, type HostTime, measured, trusting } from "./core/cloud-clock.ts";
import { batchOf, nextEvents, pageOf, type Wanted } from "./core/outbox.ts";
import { StormWatch } from "./core/storm-watch.ts";
import { eventWithoutSecrets } from "./core/without-secrets.ts";

interface Ground {
  journal: Journal;
  /** What this host's clocks say now. */
  hostTime: () => HostTime;
}

/** What of the journal is told to the cloud, and by which clock: its own, once it is measured. */
export class Telling {
  readonly storms = new StormWatch();
  readonly #ground: Ground;
  #clock: CloudClock;
  /** When hello was said; null where its welcome came. */
  #askedUpMs: number | null = null;
  /** An older cloud is told by hello that the journal begins here. */
  #beginsAt = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#clock = trusting(ground.hostTime());
  }

  /** How far this host's clock is off, and within what that is known; null before it was measured. */
  get clock(): { aheadMs: number; errorMs: number } | null {
    const { errorMs } = this.#clock;
    return errorMs === null ? null : { aheadMs: aheadMs(this.#clock, this.#ground.hostTime()), errorMs };
  }

  /** Hello as it is said: times are the cloud's, where its clock is known. */
  hello(hello: Hello): Hello {
    const host = this.#ground.hostTime();
    this.#askedUpMs = host.upMs;
    const firstSeq = Math.max(hello.firstSeq, this.#beginsAt);
    if (this.#clock.errorMs === null) return { ...hello, firstSeq };
    const correctedMs = correctionMs(this.#clock, { atMs: host.nowMs, stamp: { ...host, run: "" } }, host);
    const services = hello.services.map((service) => moveSnapshot(service, correctedMs));
    return { ...hello, firstSeq, correctedMs, services };
  }

  welcomed({ clockMs }: Extract<CloudMessage, { type: "welcome" }>): void {
    if (this.#askedUpMs === null) return;
    const { upMs } = this.#ground.hostTime();
    this.#clock = measured(this.#clock, { askedUpMs: this.#askedUpMs, heardUpMs: upMs, cloudMs: clockMs });
    this.#askedUpMs = null;
  }

  /** The events of the next message, or null where the cloud has to hear first where the journal begins. */
  next(wanted: Wanted): JournalEvent[] | null {
    const next = nextEvents(this.#ground.journal.since(wanted.after, pageOf(wanted)), wanted);
    if (next.kind === "gap") {
      this.#beginsAt = next.beginsAt;
      return null;
    }
    const host = this.#ground.hostTime();
    const told = next.events.map((event) => {
      const byMs = correctionMs(this.#clock, event, host);
      const { stamp: _stamp, ...plain } = event;
      return eventWithoutSecrets(moveEvent(plain, byMs));
    });
    return batchOf(told, (event) => Buffer.byteLength(JSON.stringify(event)));
  }

  /** The journal is another one, and begins at its beginning. */
  renewed(): void {
    this.#beginsAt = 0;
  }
}
