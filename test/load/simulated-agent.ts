import { setTimeout as wait } from "node:timers/promises";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { type CloudMessage, EVENTS_LIMIT, type JournalEvent, PING } from "@afloat/shared/wire";
import { AgentSocket } from "./agent-socket.ts";
import { downSnapshot, helloOf, loopingSnapshot, loopOf, upSnapshot } from "./said.ts";
import type { Tally } from "./tally.ts";

/** A host of the cloud under load, and the credential it shows. */
export interface SeededHost {
  id: string;
  name: string;
  credential: string;
  /** When it counts as silent, as it says itself in hello; 75 s at least, as everywhere. Milliseconds. */
  offlineAfterMs: number;
}

export interface AgentOptions {
  /** Services of each host. */
  services: number;
  /** It tries again within so long at most; as agents do by default, milliseconds. */
  retryMaxMs?: number;
}

export type Presence = "not yet" | "here" | "frozen" | "left";

/** Reconnecting: full jitter under a limit that doubles with each failure, as agents do it, milliseconds. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
const SERVICE_PREFIX = "service-";

/** What an agent does on the wire, without the host under it: a journal, services that change, a heartbeat, commands. */
export class SimulatedAgent {
  readonly host: SeededHost;
  /** Services as they are on this host. */
  readonly services = new Map<string, ServiceSnapshot>();
  /** What it is meant to be just now. */
  presence: Presence = "not yet";
  /** When `presence` changed last, by this process's clock. */
  presenceMs = 0;
  /** When it said hello, or its last heartbeat after that, by this process's clock: its deadline counts from here. */
  heardMs = 0;
  lastSeq = 0;
  /** Changes of services' verdicts told, each a row in the cloud's database. */
  flips = 0;
  recordedSeq = 0;
  isWelcome = false;
  readonly #cloud: string;
  readonly #tally: Tally;
  readonly #retryMaxMs: number;
  readonly #offset = Math.random();
  /** Told and not recorded yet, oldest first. */
  #journal: JournalEvent[] = [];
  #socket: AgentSocket | null = null;
  #pings: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Counts connections, so that what an older one still says is not heard. */
  #line = 0;

  constructor(cloud: string, host: SeededHost, tally: Tally, { services: serviceCount, retryMaxMs }: AgentOptions) {
    [this.#cloud, this.host, this.#tally] = [cloud, host, tally];
    this.#retryMaxMs = retryMaxMs ?? RETRY_MAX_MS;
    this.#append({ kind: "agent-started", runId: `run${host.id}`, version: "0.1.0" });
    for (let i = 0; i < serviceCount; i++) this.#flip(upSnapshot(`${SERVICE_PREFIX}${i}`, 0, Date.now()));
  }

  /** Connects now, and again whenever the connection is lost, until it is told to leave. */
  async connect(): Promise<void> {
    this.#turn("here");
    await this.#open();
  }

  /** The machine freezes: the socket stays, nothing is said or heard on it. */
  freeze(): void {
    this.#turn("frozen");
    this.#stopTimers();
    this.#socket?.freeze();
  }

  /** The machine is back. What it had as a socket is gone. */
  async thaw(): Promise<void> {
    this.#drop();
    await this.connect();
  }

  /** The connection is lost; it comes back by itself. */
  cut(): void {
    this.#drop();
    this.#comeBack();
  }

  leave(): void {
    this.#turn("left");
    this.#drop();
  }

  /** A service exits, or is well again. */
  change(name: string, isUp: boolean): void {
    const before = this.services.get(name);
    if (before === undefined || (before.verdict === "healthy") === isUp) return;
    const restarts = before.restarts + (isUp ? 1 : 0);
    const nowMs = Math.max(Date.now(), before.sinceMs + 1);
    const told: JournalEvent[] = [];
    if (isUp && before.loop !== null) {
      const loop = { ...before.loop, closedMs: nowMs };
      told.push(this.#append({ kind: "loop-closed", service: name, loop }));
    }
    const snapshot = isUp ? upSnapshot(name, restarts, nowMs) : downSnapshot(name, restarts, nowMs);
    this.#tell([...told, this.#flip(snapshot)]);
  }

  /** A service has begun to be restarted in a loop. */
  loop(name: string): void {
    const before = this.services.get(name);
    if (before === undefined || before.loop !== null) return;
    const nowMs = Math.max(Date.now(), before.sinceMs + 1);
    const restarts = before.restarts + 4;
    const exit = { code: 3, signal: null, atMs: nowMs, ranMs: 200 };
    const opened = { service: name, loop: loopOf(restarts, nowMs), exit, lastLines: ["boom"] };
    this.#tell([
      this.#append({ kind: "exited", service: name, exit }),
      this.#append({ kind: "loop-opened", ...opened }),
      this.#flip(loopingSnapshot(name, restarts, nowMs)),
    ]);
  }

  /** Says what an hour used, as agents do once it is over. */
  sample(hourMs: number): void {
    const used = { cpuMean: 0.1, cpuMax: 0.5, memoryMeanBytes: 5e7, memoryMaxBytes: 6e7, p50Ms: 3, p95Ms: 9 };
    const services = [...this.services.keys()].map((name) => ({ name, ...used }));
    this.#say({ type: "sample", hourMs, coveredMs: 3_600_000, services });
  }

  async #open(): Promise<void> {
    const line = ++this.#line;
    try {
      const socket = await AgentSocket.connect(this.#cloud, this.host.credential, {
        message: (message) => this.#line === line && this.#hear(message),
        closed: (code) => this.#line === line && this.#lost(code),
      });
      if (this.#line !== line) return socket.end();
      this.#socket = socket;
      this.#hello();
    } catch (error) {
      if (this.#line !== line) return;
      this.#tally.failure(error instanceof Error ? error.message : String(error));
      this.#comeBack();
    }
  }

  #hello(): void {
    const { id, name, offlineAfterMs } = this.host;
    this.heardMs = performance.now();
    this.#say(
      helloOf({
        ...{ journalId: `journal${id}`, bootId: `boot${id}`, runId: `run${id}` },
        host: { name, os: "Debian 13", arch: "x64", cpus: 2, memoryBytes: 4e9 },
        ...{ firstSeq: this.#journal[0]?.seq ?? this.lastSeq, lastSeq: this.lastSeq },
        ...{ services: [...this.services.values()], streams: true, offlineAfterMs },
      }),
    );
  }

  #hear(message: CloudMessage): void {
    switch (message.type) {
      case "welcome":
        this.isWelcome = true;
        this.#failures = 0;
        this.#tally.welcomed();
        this.#recorded(message.recorded);
        this.#tell(this.#journal.filter(({ seq }) => seq > message.held));
        return this.#beat(message.heartbeatMs);
      case "ack":
        return this.#recorded(message.recorded);
      case "command":
        return this.#say({ type: "claim", command: message.id });
      case "grant":
        this.#tell([
          this.#append({ kind: "command", command: message.command, step: "running", detail: "" }),
          this.#append({ kind: "command", command: message.command, step: "done", detail: "" }),
        ]);
        return undefined;
      case "error":
        return this.#refused(message);
      case "stream":
      case "sampled":
      case "deny":
        return undefined;
    }
  }

  #refused({ code, afterMs = 60_000 }: Extract<CloudMessage, { type: "error" }>): void {
    this.#tally.refusal(code);
    if (code === "hello-first") return this.#hello();
    if (code !== "busy") return;
    const line = this.#line;
    void wait(afterMs, undefined, { ref: false }).then(() => {
      if (this.#line === line) this.#tell(this.#journal);
    });
  }

  #recorded(seq: number): void {
    if (seq <= this.recordedSeq) return;
    this.recordedSeq = seq;
    this.#journal = this.#journal.filter((event) => event.seq > seq);
  }

  #beat(heartbeatMs: number): void {
    this.#stopTimers();
    const ping = () => {
      if (this.#socket?.isOpen !== true) return;
      this.heardMs = performance.now();
      this.#socket.say(PING);
    };
    // Each has its own place between two beats, so that a fleet never beats at once.
    this.#pings = setTimeout(() => {
      ping();
      this.#pings = setInterval(ping, heartbeatMs).unref();
    }, heartbeatMs * this.#offset).unref();
  }

  #flip(snapshot: ServiceSnapshot): JournalEvent {
    const before = this.services.get(snapshot.name);
    if (before?.verdict !== snapshot.verdict || before.reasonCode !== snapshot.reasonCode) this.flips++;
    this.services.set(snapshot.name, snapshot);
    this.#tally.changed(this.host.id, snapshot);
    return this.#append({ kind: "flip", snapshot });
  }

  #append(event: Unnumbered): JournalEvent {
    const numbered: JournalEvent = { ...event, seq: ++this.lastSeq, atMs: Date.now() };
    this.#journal.push(numbered);
    return numbered;
  }

  #tell(events: readonly JournalEvent[]): void {
    if (!this.isWelcome) return;
    for (let from = 0; from < events.length; from += EVENTS_LIMIT) {
      this.#say({ type: "events", events: events.slice(from, from + EVENTS_LIMIT) });
    }
  }

  #say(message: object): void {
    if (this.#socket?.isOpen === true && this.presence === "here") this.#socket.say(message);
  }

  #lost(code: number): void {
    this.#tally.cut(code);
    this.#drop();
    this.#comeBack();
  }

  #comeBack(): void {
    if (this.presence !== "here") return;
    const limitMs = Math.min(this.#retryMaxMs, RETRY_MIN_MS * 2 ** this.#failures++);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#open(), Math.random() * limitMs);
  }

  #drop(): void {
    this.#line++;
    this.isWelcome = false;
    this.#stopTimers();
    clearTimeout(this.#retry);
    this.#socket?.end();
    this.#socket = null;
  }

  #stopTimers(): void {
    clearTimeout(this.#pings);
  }

  #turn(presence: Presence): void {
    if (this.presence === presence) return;
    [this.presence, this.presenceMs] = [presence, performance.now()];
  }
}

type Unnumbered = JournalEvent extends infer E ? (E extends JournalEvent ? Omit<E, "seq" | "atMs"> : never) : never;
