import type { CloudMessage } from "@afloat/shared/wire";
import { dueMs, initialLink, step } from "../src/link/core/link-machine.ts";
import type { LinkEffect, LinkEvent, LinkState } from "../src/link/core/link-types.ts";
import { IN_FLIGHT } from "../src/link/core/outbox.ts";

type Sent = { type: "hello" } | { type: "events"; from: number; upTo: number } | { type: "ping" } | { type: "bye" };

/**
 * A host's link machine, a network and a cloud, in virtual time: everything happens when the test says so. What the link
 * must never do throws here, whenever it happens.
 */
export class SimulatedCloud {
  state: LinkState = initialLink("not enrolled");
  /** On a beat: the next is a whole one away. */
  nowMs = 990_000;
  random = 0.5;
  /** The host's journal. */
  lastSeq = 0;
  /** The newest event when this run began. */
  beganSeq = 0;
  forgotten = 0;
  renewed = 0;
  /** The cloud's memory, and its database. */
  held = 0;
  recorded = 0;
  said: string[] = [];
  dials: ("socket" | "http")[] = [];
  left = false;
  byes = 0;
  /** What is on the way, each way; null without a connection. */
  up: Sent[] | null = null;
  down: CloudMessage[] = [];
  private dialling = false;
  private greeted = false;
  private sentUpTo: number | null = null;

  turn(event: LinkEvent): void {
    const queue = [event];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const firstSeq = this.lastSeq === 0 ? 0 : this.forgotten + 1;
      const { nowMs, random, lastSeq, beganSeq } = this;
      const { state, effects } = step(this.state, next, { nowMs, random, firstSeq, lastSeq, beganSeq });
      this.state = state;
      for (const effect of effects) {
        const follows = this.carryOut(effect);
        if (follows !== null) queue.push(follows);
      }
    }
  }

  append(storm = false): void {
    this.lastSeq++;
    this.turn({ kind: "appended", storm });
  }

  /** The waiting dial succeeds or fails; true where there was one. */
  answerDial(succeeds: boolean): boolean {
    if (!this.dialling) return false;
    this.dialling = false;
    this.up = succeeds ? [] : null;
    this.down = [];
    this.greeted = false;
    this.turn(succeeds ? { kind: "opened" } : { kind: "ended", how: { kind: "lost", why: "refused" } });
    return true;
  }

  break(kind: "lost" | "moved" = "lost"): void {
    if (this.up === null) return;
    this.up = null;
    this.turn({ kind: "ended", how: { kind, why: "cut" } });
  }

  /** The cloud loses what its database does not have, and every connection. */
  cloudForgets(): void {
    this.held = this.recorded;
    this.break();
  }

  record(): void {
    this.recorded = this.held;
    if (this.greeted) this.tell({ type: "ack", held: this.held, recorded: this.recorded });
  }

  tell(message: CloudMessage): void {
    if (this.up !== null) this.down.push(message);
  }

  /** The next message each way arrives. `refuseWith` is what the cloud answers to events, instead of taking them. */
  deliver(refuseWith: "busy" | "too-large" | "hello-first" | null = null): boolean {
    const message = this.down.shift();
    if (message !== undefined) this.turn({ kind: "heard", message });
    const sent = this.up?.shift();
    if (sent !== undefined) this.hear(sent, refuseWith);
    return message !== undefined || sent !== undefined;
  }

  /** Time passes until the machine wants to be called again; true where it wanted. */
  pass(): boolean {
    const due = dueMs(this.state);
    if (due === null) return false;
    this.nowMs = Math.max(this.nowMs, due);
    this.turn({ kind: "due" });
    return true;
  }

  /** Everything works from here on: runs until all is recorded, or says so in vain after very many steps. */
  settle(): void {
    for (let i = 0; i < 3_000 && (this.recorded < this.lastSeq || this.forgotten < this.lastSeq); i++) {
      this.answerDial(true);
      while (this.deliver());
      this.record();
      while (this.deliver());
      if (this.forgotten < this.lastSeq) this.pass();
    }
  }

  private hear(sent: Sent, refuseWith: "busy" | "too-large" | "hello-first" | null): void {
    switch (sent.type) {
      case "hello":
        this.held = Math.max(this.held, this.forgotten, this.recorded);
        this.recorded = Math.max(this.recorded, this.forgotten);
        this.greeted = true;
        return this.tell({
          ...{ type: "welcome", protocol: 1, held: this.held, recorded: this.recorded },
          ...{ heartbeatMs: 30_000, clockMs: this.nowMs },
        });
      case "events":
        if (!this.greeted) throw new Error("events before hello");
        if (refuseWith !== null) return this.tell({ type: "error", code: refuseWith, text: refuseWith });
        if (sent.from <= this.held + 1) this.held = Math.max(this.held, sent.upTo);
        return this.tell({ type: "ack", held: this.held, recorded: this.recorded });
      case "ping":
        this.turn({ kind: "pong" });
        return;
      case "bye":
        this.byes++;
        return;
    }
  }

  private carryOut(effect: LinkEffect): LinkEvent | null {
    switch (effect.kind) {
      case "dial":
        this.dialling = true;
        this.dials.push(effect.via);
        return null;
      case "hang-up":
        this.up = null;
        this.dialling = false;
        return null;
      case "hello":
        this.sentUpTo = null;
        this.send({ type: "hello" });
        return null;
      case "beat":
        this.send({ type: "ping" });
        return null;
      case "send":
        return this.sendEvents(effect);
      case "forget":
        if (effect.upTo > this.recorded)
          throw new Error(`forgot ${effect.upTo}, of which ${this.recorded} is recorded`);
        this.forgotten = Math.max(this.forgotten, effect.upTo);
        return null;
      case "renew-journal":
        this.renewed++;
        Object.assign(this, { forgotten: 0, held: 0, recorded: 0, beganSeq: 0 });
        return null;
      case "bye":
        this.send({ type: "bye" });
        return null;
      case "left":
        this.left = true;
        return null;
      case "say":
        this.said.push(effect.text);
        return null;
      case "command":
      case "samples":
      case "sampled":
      case "stream":
        return null;
    }
  }

  private sendEvents({ after, limit }: { after: number; limit: number }): LinkEvent {
    if (after < this.forgotten) return { kind: "gap" };
    if (this.state.phase.kind !== "connected") throw new Error("events before the welcome");
    const { held } = this.state.phase.outbox;
    const upTo = Math.min(after + limit, this.lastSeq);
    if (upTo <= after) throw new Error("an empty message");
    if (upTo - held > IN_FLIGHT) throw new Error(`${upTo - held} events on the way`);
    if (this.sentUpTo !== null && after > this.sentUpTo) throw new Error(`a hole after ${this.sentUpTo}`);
    this.sentUpTo = upTo;
    this.send({ type: "events", from: after + 1, upTo });
    return { kind: "sent", upTo };
  }

  private send(sent: Sent): void {
    if (this.up === null) throw new Error(`${sent.type} without a connection`);
    this.up.push(sent);
  }
}
