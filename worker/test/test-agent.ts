import { exports } from "cloudflare:workers";
import type { AgentMessage, CloudMessage, JournalEvent } from "@afloat/shared/wire";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { TestHost } from "./ground.ts";

type Of<T extends CloudMessage["type"]> = Extract<CloudMessage, { type: T }>;

/** An agent's end of a real socket into the Worker. It says only what the test has it say. */
export class TestAgent {
  readonly heard: CloudMessage[] = [];
  readonly host: TestHost;
  closed: { code: number; reason: string } | null = null;
  readonly #socket: WebSocket;

  private constructor(host: TestHost, socket: WebSocket) {
    this.host = host;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const text = String(data);
      if (text !== "pong") this.heard.push(JSON.parse(text));
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
  }

  static async connect(host: TestHost): Promise<TestAgent> {
    const answer = await exports.default.fetch("https://afloat.test/agent/connect", {
      headers: { Upgrade: "websocket", Authorization: `Bearer ${host.credential}` },
    });
    if (answer.webSocket === null) throw new Error(`refused with ${answer.status}: ${await answer.text()}`);
    answer.webSocket.accept();
    return new TestAgent(host, answer.webSocket);
  }

  /** Connects and is welcomed. */
  static async greet(host: TestHost, said: Partial<Hello> = {}): Promise<TestAgent> {
    const agent = await TestAgent.connect(host);
    agent.say(hello(said));
    await agent.hears("welcome");
    return agent;
  }

  say(message: AgentMessage | string): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  close(): void {
    this.#socket.close(1000, "the test is done with it");
  }

  /** The first message of this kind that `is` as wanted; waits for it. */
  async hears<T extends CloudMessage["type"]>(type: T, is: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
    return eventually(`the cloud to say ${type}; it said ${JSON.stringify(this.heard)}`, () =>
      this.heard.find((message): message is Of<T> => message.type === type && is(message as Of<T>)),
    );
  }

  /** Sends events, and waits until D1 has them. */
  async tells(...events: JournalEvent[]): Promise<void> {
    this.say({ type: "events", events });
    const last = events.at(-1)?.seq ?? 0;
    await this.hears("ack", ({ recorded }) => recorded >= last);
  }

  async isClosed(): Promise<{ code: number; reason: string }> {
    return eventually("the connection to be closed", () => this.closed);
  }
}

type Hello = Extract<AgentMessage, { type: "hello" }>;

export function hello(said: Partial<Hello> = {}): Hello {
  return {
    type: "hello",
    protocol: 1,
    agent: { version: "0.1.0", node: "v24" },
    ...{ journalId: "journal1", bootId: "boot1", runId: "run1" },
    host: { name: "web-1", os: "Debian", arch: "x64", cpus: 2, memoryBytes: 1 },
    remote: ["restart"],
    ...{ firstSeq: 0, lastSeq: 0, clockMs: Date.now(), services: [] },
    ...said,
  };
}

export function snapshot(said: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const nowMs = Date.now();
  return {
    ...{ name: "web", desired: "run", paused: null, state: "up", verdict: "healthy", reasonCode: "endpoint-ok" },
    ...{ reason: "the endpoint answered 200", sinceMs: nowMs, pid: 4711, port: 5001, restarts: 0, upSinceMs: nowMs },
    ...{ nextTryMs: null, loop: null, lastExit: null, diagnosis: null },
    endpoint: { what: "GET /", proven: true, lastOkMs: nowMs, last: "200", lastMs: 3, retired: false },
    ...said,
  };
}

export function flip(seq: number, said: Partial<ServiceSnapshot> = {}, atMs = Date.now()): JournalEvent {
  return { kind: "flip", seq, atMs, snapshot: snapshot(said) };
}

/** A change each time: up at odd numbers, down at even ones. */
export function turn(seq: number): JournalEvent {
  return flip(seq, seq % 2 === 1 ? {} : { verdict: "down", reasonCode: "exited", reason: "exited with code 3" });
}

const crashed = { code: 3, signal: null, atMs: 0, ranMs: 200 };

export function loopOpened(seq: number, openedMs = Date.now()): Extract<JournalEvent, { kind: "loop-opened" }> {
  const cause = { code: "exit-code" as const, text: "exits with code 3 within 0.3 s of every start" };
  const loop = { openedMs, closedMs: null, restarts: 4, spanMs: 900, withinMs: 300_000, longestGapMs: 400, cause };
  return { kind: "loop-opened", seq, atMs: openedMs, service: "web", loop, exit: crashed, lastLines: ["boom"] };
}

export function loopClosed(seq: number, opened: ReturnType<typeof loopOpened>, atMs = Date.now()): JournalEvent {
  return { kind: "loop-closed", seq, atMs, service: "web", loop: { ...opened.loop, closedMs: atMs } };
}

/** Waits for a value by the machine's own clock, whatever the test's clock says. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | null | Promise<T | undefined | null>,
  everyMs = 4,
): Promise<T> {
  for (let tries = 0; tries < 6_000 / everyMs; tries++) {
    const seen = await look();
    if (seen !== undefined && seen !== null) return seen;
    await scheduler.wait(everyMs);
  }
  throw new Error(`waited in vain for ${what}`);
}
