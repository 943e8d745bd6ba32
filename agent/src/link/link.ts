import { type AgentMessage, cloudMessage, type CloudMessage, PROTOCOL } from "@afloat/shared/wire";
import * as v from "valibot";
import type { HostSpec } from "@afloat/shared/spec";
import type { LinkStatus } from "../control/protocol.ts";
import type { Journal, Supervised } from "../host.ts";
import { bootId } from "../process/proc.ts";
import { VERSION } from "../version.ts";
import { Commands } from "./commands.ts";
import { afterAck, afterWelcome, batchOf, type Outbox, room } from "./core/outbox.ts";
import { refusedDelayMs, retryDelayMs, STABLE_AFTER_MS, transportFor } from "./core/pace.ts";
import { cloudFault, type Credential, readCredential } from "./credential.ts";
import { hostFacts } from "./host-facts.ts";
import { openHttp } from "./http.ts";
import { openSocket } from "./socket.ts";
import type { Ear, Ended, Transport } from "./transport.ts";

export interface LinkRooms {
  spec: HostSpec;
  stateDir: string;
  runId: string;
  journal: Journal;
  supervisor: Supervised;
  say: (text: string) => void;
}

/** How often it is looked whether the host was enrolled meanwhile, milliseconds. */
const ENROLLED_LOOK_MS = 2_000;
/** Events that come together are sent together, milliseconds. */
const GATHER_MS = 15;
/** Told `busy`, the rest is sent after so long, milliseconds. */
const BUSY_MS = 60_000;
/** What is left to say when the agent leaves may take so long, milliseconds. */
const LEAVE_MS = 1_000;

/** The way to the cloud: tells it every change, again and again until it is recorded there, and brings its commands. */
export class Link {
  readonly #rooms: LinkRooms;
  readonly #commands: Commands;
  #credential: Credential | null = null;
  #transport: Transport | null = null;
  /** Null before the welcome. */
  #outbox: Outbox | null = null;
  #recorded = 0;
  #failures = 0;
  #socketFailures = 0;
  #httpSinceMs: number | null = null;
  #welcomedMs = 0;
  #status: "none" | "connecting" | "connected" | "refused" = "none";
  #why = "this host is not enrolled; enrol it with: afloat enroll";
  #nextTryMs: number | null = null;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;
  #flush: NodeJS.Timeout | undefined;
  #beat: NodeJS.Timeout | undefined;

  constructor(rooms: LinkRooms) {
    this.#rooms = rooms;
    const { spec, stateDir, journal, supervisor, say } = rooms;
    this.#commands = new Commands({ stateDir, remote: spec.remote, journal, supervisor, say });
    journal.onAppend(() => this.#soon(GATHER_MS));
  }

  /** Connects as soon as the host is enrolled, and stays connected. */
  open(): void {
    if (this.#closed) return;
    this.#credential = readCredential(this.#rooms.stateDir);
    if (this.#credential === null) {
      this.#retry = setTimeout(() => this.open(), ENROLLED_LOOK_MS);
      return;
    }
    const fault = cloudFault(this.#cloud());
    if (fault === null) return void this.#connect(this.#credential);
    this.#status = "refused";
    this.#why = fault;
    this.#rooms.say(`the cloud is not called: ${fault}`);
  }

  status(): LinkStatus {
    const { journal } = this.#rooms;
    const unsent = Math.max(0, journal.lastSeq - Math.max(this.#recorded, journal.firstSeq - 1));
    const cloud = this.#cloud();
    switch (this.#status) {
      case "none":
        return { kind: "none", why: this.#why, unsent };
      case "connecting":
        return {
          kind: "connecting",
          cloud,
          attempt: this.#failures + 1,
          lastError: this.#why,
          nextTryMs: this.#nextTryMs,
          unsent,
        };
      case "connected":
        return { kind: "connected", cloud, via: this.#transport?.via ?? "socket", sinceMs: this.#welcomedMs, unsent };
      case "refused":
        return { kind: "refused", cloud, why: this.#why, unsent };
    }
  }

  /** Leaves. `planned`: the host goes on purpose, and its silence is no alarm; what is left to say is said first. */
  async close(planned: boolean): Promise<void> {
    if (planned && this.#outbox !== null) {
      this.#sendEvents();
      const endMs = Date.now() + LEAVE_MS;
      while (this.#outbox !== null && this.#outbox.held < this.#rooms.journal.lastSeq && Date.now() < endMs) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      this.#send({ type: "bye", planned: true });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#closed = true;
    for (const timer of [this.#retry, this.#flush, this.#beat]) clearTimeout(timer);
    this.#transport?.close();
  }

  #cloud(): string {
    return this.#rooms.spec.cloud ?? this.#credential?.cloud ?? "";
  }

  async #connect({ credential }: Credential): Promise<void> {
    this.#status = "connecting";
    this.#nextTryMs = null;
    const ear: Ear = {
      opened: () => this.#hello(),
      heard: (json) => this.#hear(json),
      ended: (how) => this.#ended(how),
    };
    const tries = { socketFailures: this.#socketFailures, httpSinceMs: this.#httpSinceMs };
    const via = transportFor(tries, Date.now());
    if (via === "socket") this.#httpSinceMs = null;
    else this.#httpSinceMs ??= Date.now();
    const cloud = this.#cloud();
    this.#transport =
      via === "socket"
        ? await openSocket(cloud, credential, ear)
        : openHttp(cloud, credential, () => this.#beatMessage(), ear);
  }

  #hello(): void {
    const { spec, journal, supervisor, runId } = this.#rooms;
    this.#send({
      type: "hello",
      protocol: PROTOCOL,
      agent: { version: VERSION, node: process.version },
      ...{ journalId: journal.journalId, bootId: bootId(), runId },
      host: hostFacts(),
      remote: spec.remote,
      ...{ firstSeq: journal.firstSeq, lastSeq: journal.lastSeq },
      clockMs: Date.now(),
      services: supervisor.snapshots(),
    });
  }

  #hear(json: string): void {
    const parsed = v.safeParse(cloudMessage, JSON.parse(json));
    // A newer cloud may say more than we know.
    if (parsed.success) this.#take(parsed.output);
  }

  #take(message: CloudMessage): void {
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "ack":
        if (this.#outbox !== null) this.#outbox = afterAck(this.#outbox, message);
        this.#forget(message.recorded);
        return this.#soon(0);
      case "command": {
        const claim = this.#commands.offer(message);
        if (claim !== null) this.#send(claim);
        return;
      }
      case "grant":
        return void this.#commands.granted(message.command);
      case "deny":
        return this.#commands.denied(message);
      case "error":
        return this.#takeError(message);
    }
  }

  #welcome(message: Extract<CloudMessage, { type: "welcome" }>): void {
    this.#status = "connected";
    this.#welcomedMs = Date.now();
    this.#socketFailures = 0;
    this.#outbox = afterWelcome(message);
    this.#forget(message.recorded);
    clearTimeout(this.#beat);
    this.#beat = setInterval(() => this.#transport?.beat(), message.heartbeatMs);
    this.#rooms.say(`connected to ${this.#cloud()}${this.#transport?.via === "http" ? " by HTTP" : ""}`);
    this.#soon(0);
  }

  #takeError({ code, text }: Extract<CloudMessage, { type: "error" }>): void {
    this.#rooms.say(`the cloud says ${code}: ${text}`);
    if (code === "busy") {
      if (this.#outbox !== null) this.#outbox = { ...this.#outbox, sent: this.#outbox.held };
      clearTimeout(this.#flush);
      this.#flush = setTimeout(() => this.#sendEvents(), BUSY_MS);
    }
    if (code === "hello-first") this.#hello();
    if (code === "unauthorized") this.#hangUp({ kind: "revoked", why: text });
    if (code === "in-use-elsewhere") this.#hangUp({ kind: "in-use-elsewhere", why: text });
    // The greeting itself was not understood: nothing can come of this connection.
    if (code === "bad-message" && this.#outbox === null) this.#hangUp({ kind: "lost", why: text });
    if (code === "too-old") this.#hangUp({ kind: "in-use-elsewhere", why: text });
  }

  #hangUp(how: Ended): void {
    this.#transport?.close();
    this.#ended(how);
  }

  #forget(recorded: number): void {
    this.#recorded = recorded;
    this.#rooms.journal.forget(recorded);
  }

  /** Sends what waits, in `ms`; what comes meanwhile goes with it. */
  #soon(ms: number): void {
    if (this.#outbox === null || this.#flush !== undefined) return;
    this.#flush = setTimeout(() => this.#sendEvents(), ms);
  }

  #sendEvents(): void {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const { journal } = this.#rooms;
    while (this.#outbox !== null) {
      const count = room(this.#outbox, journal.lastSeq);
      const events = count === 0 ? [] : batchOf(journal.since(this.#outbox.sent, count));
      const last = events.at(-1);
      if (last === undefined) return;
      this.#outbox = { ...this.#outbox, sent: last.seq };
      this.#send({ type: "events", events });
    }
  }

  #send(message: AgentMessage): void {
    this.#transport?.send(message);
  }

  #beatMessage(): AgentMessage {
    const { journal, runId } = this.#rooms;
    return { type: "beat", journalId: journal.journalId, runId, lastSeq: journal.lastSeq };
  }

  #ended({ kind, why }: Ended): void {
    if (this.#closed) return;
    const wasUpMs = this.#outbox === null ? 0 : Date.now() - this.#welcomedMs;
    if (this.#transport?.via === "socket" && this.#outbox === null) this.#socketFailures++;
    this.#transport = null;
    this.#outbox = null;
    for (const timer of [this.#beat, this.#flush]) clearTimeout(timer);
    this.#flush = undefined;
    this.#failures = wasUpMs > STABLE_AFTER_MS ? 1 : this.#failures + 1;
    this.#status = kind === "lost" ? "connecting" : "refused";
    if (this.#why !== why) this.#rooms.say(`no link to ${this.#cloud()}: ${why}`);
    this.#why = why;
    const delayMs = kind === "lost" ? retryDelayMs(this.#failures, Math.random()) : refusedDelayMs(kind);
    this.#nextTryMs = Date.now() + delayMs;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), delayMs);
    if (kind === "revoked") this.#lookForNewCredential();
  }

  /** Enrolled anew, the agent connects at once and not with the next try. */
  #lookForNewCredential(): void {
    const refused = this.#credential?.credential;
    const timer = setInterval(() => {
      const now = readCredential(this.#rooms.stateDir)?.credential;
      if (this.#closed || this.#status !== "refused") return clearInterval(timer);
      if (now === undefined || now === refused) return;
      clearInterval(timer);
      clearTimeout(this.#retry);
      this.open();
    }, ENROLLED_LOOK_MS);
  }
}
