import { type AgentMessage, cloudMessage, type Goodbye } from "@afloat/shared/wire";
import * as v from "valibot";
import type { HostSetting } from "@afloat/shared/core/reload-settings";
import type { HostSpec } from "@afloat/shared/spec";
import type { LinkReport, LinkStatus } from "../control/protocol.ts";
import { messageOf } from "../error-words.ts";
import type { Journal, Supervised } from "../host.ts";
import { Attempts } from "./attempts.ts";
import { Commands } from "./commands.ts";
import { dueMs, initialLink, step } from "./core/link-machine.ts";
import type { HostTime } from "./core/cloud-clock.ts";
import { moveStatus, statusOf } from "./core/link-status.ts";
import type { LinkEffect, LinkEvent, LinkState, Moment } from "./core/link-types.ts";
import type { Wanted } from "./core/outbox.ts";
import { Dialler } from "./dialler.ts";
import { Enrolment, NOT_ENROLLED } from "./enrolment.ts";
import { beatOf, helloOf } from "./hello.ts";
import { reportOf } from "./report.ts";
import { Uses, type UsesGround } from "./uses.ts";
import { Telling } from "./telling.ts";

export interface LinkRooms {
  /** What is in force. */
  spec: () => HostSpec;
  stateDir: string;
  runId: string;
  journal: Journal;
  supervisor: Supervised;
  /** What services use. */
  meter: UsesGround;
  /** Wall time that never jumps, milliseconds: to measure with. */
  nowMs: () => number;
  /** A clock that never jumps, and goes on while the machine sleeps; milliseconds. */
  elapsedMs: () => number;
  /** What the clocks of this host say now. */
  hostTime: () => HostTime;
  /** For how long this machine and this agent have been awake without a pause, milliseconds. */
  awakeMs: () => number;
  say: (text: string) => void;
}

/** Settings that the cloud is told with hello. */
const IN_HELLO: readonly HostSetting[] = ["remote", "offlineAfterMs", "sleeps"];
/** How often it is looked whether the host was enrolled, or enrolled anew, milliseconds. */
const ENROLLED_LOOK_MS = 2_000;
/** A fleet tells of the hour that is over within so long, milliseconds. */
const HOURS_SPREAD_MS = 5 * 60_000;

/**
 * The way to the cloud: tells it every change until it is recorded there, and brings its commands. It carries events to
 * the link machine (core/link-machine.ts) and the machine's effects out. No fault of the link ends the agent.
 */
export class Link {
  readonly #rooms: LinkRooms;
  readonly #commands: Commands;
  readonly #uses: Uses;
  readonly #attempts: Attempts;
  readonly #enrolment: Enrolment;
  readonly #dialler: Dialler;
  readonly #telling: Telling;
  #state: LinkState = initialLink(NOT_ENROLLED);
  #queue: LinkEvent[] = [];
  #turning = false;
  #timer: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #stopListening = () => {};
  #goodbye: Goodbye = {};
  #left: (() => void) | null = null;
  #closed = false;

  constructor(rooms: LinkRooms) {
    this.#rooms = rooms;
    this.#attempts = new Attempts(rooms.stateDir, {
      say: rooms.say,
      nowMs: rooms.nowMs,
      setByMs: () => this.#setByMs(),
    });
    this.#enrolment = new Enrolment(rooms.stateDir, rooms.say);
    this.#dialler = new Dialler({
      cloud: () => this.#cloud(),
      authority: () => rooms.spec().cloudCa ?? null,
      credential: () => this.#enrolment.credential?.credential ?? "",
      beat: () => beatOf(rooms),
      turn: (event) => this.#turn(event),
      heard: (text) => this.#hear(text),
      // What the cloud asked for ends with its connection: it asks again on the next.
      gone: () => this.#uses.stop(),
    });
    const send = (message: AgentMessage) => this.#dialler.send(message);
    this.#commands = new Commands({ ...rooms, remote: () => rooms.spec().remote, send });
    this.#telling = new Telling(rooms);
    const spreadMs = () => Math.round(this.#state.place * HOURS_SPREAD_MS);
    this.#uses = new Uses(rooms.meter, send, spreadMs);
  }

  /** Connects as soon as the host is enrolled, and stays connected. */
  open(): void {
    this.#turn({ kind: "remembered", history: this.#attempts.read() });
    this.#commands.begin();
    const { storms } = this.#telling;
    this.#stopListening = this.#rooms.journal.onAppend((event) =>
      this.#turn({ kind: "appended", storm: storms.sees(event) }),
    );
    this.#look = setInterval(() => this.#lookForCredential(), ENROLLED_LOOK_MS);
    this.#lookForCredential();
  }

  /** Another specification is in force: another cloud is called, and the same one is told what may be asked of us now. */
  edited(settings: readonly HostSetting[]): void {
    if (settings.includes("cloud") || settings.includes("cloudCa")) {
      this.#enrolment.forget();
      this.#lookForCredential();
    } else if (settings.some((setting) => IN_HELLO.includes(setting))) this.#turn({ kind: "edited" });
  }

  status(): LinkStatus {
    const status = statusOf(this.#state, this.#cloud(), this.#open());
    return { ...moveStatus(status, this.#setByMs()), clock: this.#telling.clock };
  }

  /** All that is known of the way to the cloud. */
  report(): LinkReport {
    const authority = this.#rooms.spec().cloudCa ?? null;
    const cloud = this.#cloud();
    const known = { status: this.status(), cloud, authority, credential: this.#enrolment.credential };
    const history = this.#attempts.shown(this.#state.history);
    return reportOf(this.#state, { ...known, history, tls: this.#dialler.tls() }, this.#open());
  }

  /** Leaves. `planned`: the host goes on purpose, and its silence is no alarm; what is left to say is said first. */
  async close(planned: boolean, goodbye: Goodbye = {}): Promise<void> {
    this.#goodbye = goodbye;
    clearInterval(this.#look);
    const left = new Promise<void>((resolve) => (this.#left = resolve));
    this.#turn({ kind: "leave", planned });
    await left;
    this.#closed = true;
    this.#uses.stop();
    this.#stopListening();
    clearTimeout(this.#timer);
    await this.#dialler.finish();
  }

  /** What of the journal is not recorded in the cloud. */
  #open(): { firstSeq: number; lastSeq: number } {
    const { firstSeq, lastSeq, recordedSeq } = this.#rooms.journal;
    return { firstSeq: Math.max(firstSeq, recordedSeq + 1), lastSeq };
  }

  /** The machine measures with a clock that never jumps; people read the one that was set meanwhile. */
  #setByMs(): number {
    return Math.round(this.#rooms.hostTime().nowMs - this.#rooms.nowMs());
  }

  #cloud(): string {
    return this.#enrolment.cloud(this.#rooms.spec().cloud);
  }

  #lookForCredential(): void {
    const event = this.#enrolment.look(this.#rooms.spec().cloud);
    if (event !== null) this.#turn(event);
  }

  /** One event after the other: an effect's own event waits until the effects before it are carried out. */
  #turn(event: LinkEvent): void {
    if (this.#closed) return;
    this.#queue.push(event);
    if (this.#turning) return;
    this.#turning = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#take(next);
    this.#turning = false;
    this.#wind();
  }

  #take(event: LinkEvent): void {
    const { state, effects } = step(this.#state, event, this.#moment());
    this.#state = state;
    this.#attempts.write(state.history);
    for (const effect of effects) {
      try {
        this.#carryOut(effect);
      } catch (error) {
        // The link is not worth the services: it begins anew.
        this.#rooms.say(`the link failed at ${effect.kind}: ${messageOf(error)}`);
        this.#dialler.drop();
        this.#queue.push({ kind: "ended", how: { kind: "lost", why: messageOf(error) } });
        return;
      }
    }
  }

  #carryOut(effect: LinkEffect): void {
    const { journal, say } = this.#rooms;
    switch (effect.kind) {
      case "dial":
        return void this.#dialler.dial(effect.via);
      case "hang-up":
        return this.#dialler.drop();
      case "hello":
        this.#commands.connected();
        return this.#dialler.send(this.#telling.hello(helloOf(this.#rooms)));
      case "beat":
        return this.#dialler.beat();
      case "send":
        return this.#send(effect);
      case "forget":
        return journal.forget(effect.upTo);
      case "renew-journal":
        journal.renew();
        return this.#telling.renewed();
      case "command":
        return this.#commands.hear(effect.message);
      case "stream":
        return this.#uses.stream(effect.everyMs);
      case "samples":
        return this.#uses.tellHours();
      case "sampled":
        return this.#uses.recorded(effect.hourMs);
      case "bye":
        this.#uses.tellRest();
        return this.#dialler.send({ ...effect.message, ...this.#goodbye });
      case "left":
        return this.#left?.();
      case "say":
        return say(effect.text);
    }
  }

  #hear(text: string): void {
    const json = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
    if (!json.success) return this.#turn({ kind: "garbage", what: `something that is not JSON: ${text.slice(0, 60)}` });
    const message = v.safeParse(cloudMessage, json.output);
    // A newer cloud may say more than this agent knows.
    if (message.success && message.output.type === "welcome") this.#telling.welcomed(message.output);
    if (message.success) this.#turn({ kind: "heard", message: message.output });
    else this.#rooms.say(`the cloud said something this agent does not know: ${text.slice(0, 100)}`);
  }

  #send(wanted: Wanted): void {
    const events = this.#telling.next(wanted);
    const last = events?.at(-1);
    if (events === null || last === undefined) return this.#turn({ kind: "gap" });
    this.#dialler.send({ type: "events", events });
    this.#turn({ kind: "sent", upTo: last.seq });
  }

  #moment(): Moment {
    const { nowMs } = this.#rooms;
    const { firstSeq, lastSeq, beganSeq } = this.#rooms.journal;
    return { nowMs: nowMs(), random: Math.random(), firstSeq, lastSeq, beganSeq };
  }

  #wind(): void {
    clearTimeout(this.#timer);
    const due = dueMs(this.#state);
    if (due !== null)
      this.#timer = setTimeout(() => this.#turn({ kind: "due" }), Math.max(1, due - this.#rooms.nowMs()));
  }
}
