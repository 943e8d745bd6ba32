import { WebSocket } from "ws";
import type { ServiceSnapshot } from "@afloat/shared/domain";

/** A change of state each time: up at odd numbers, down at even ones. */
export function changeFrame(seq: number): string {
  const nowMs = Date.now();
  const up = seq % 2 === 1;
  const snapshot: ServiceSnapshot = {
    ...{ name: "web", desired: "run", paused: null, state: up ? "up" : "waiting", sinceMs: nowMs },
    ...(up
      ? { verdict: "healthy", reasonCode: "endpoint-ok", reason: "the endpoint answered 200" }
      : { verdict: "down", reasonCode: "exited", reason: "exited with code 3, restarting in 1 s" }),
    ...{ pid: up ? 4711 + seq : null, port: 5001, restarts: seq >> 1, upSinceMs: up ? nowMs : null, nextTryMs: null },
    ...{ loop: null, lastExit: null, diagnosis: null },
    endpoint: { what: "GET /health", proven: true, lastOkMs: nowMs, last: "200", lastMs: 3, retired: false },
  };
  return JSON.stringify({ type: "events", events: [{ kind: "flip", seq, atMs: nowMs, snapshot }] });
}

export function helloFrame(name: string): string {
  return JSON.stringify({
    ...{ type: "hello", protocol: 1, agent: { version: "0.1.0", node: "v24" } },
    ...{ journalId: `journal-${name}`, bootId: `boot-${name}`, runId: `run-${name}` },
    host: { name, os: "Debian", arch: "x64", cpus: 2, memoryBytes: 1 },
    ...{ remote: ["restart"], firstSeq: 0, lastSeq: 0, clockMs: Date.now(), services: [] },
  });
}

/** One connection that sends a change, waits until it is held, and sends the next. */
export class Talker {
  readonly #socket: WebSocket;
  readonly #isHeld: (text: string, seq: number) => boolean;
  #seq = 0;
  #until = 0;
  #idle: (() => void) | null = null;
  /** Told `busy`: what is measured then is not what was meant. */
  refused: string | null = null;

  private constructor(socket: WebSocket, isHeld: (text: string, seq: number) => boolean) {
    this.#socket = socket;
    this.#isHeld = isHeld;
    socket.on("message", (data: Buffer) => this.#hear(data.toString("utf8")));
  }

  /** `isHeld`: whether this answer says that the change with this number is on disk. */
  static async connect(
    url: string,
    headers: Record<string, string>,
    isHeld: (text: string, seq: number) => boolean,
  ): Promise<Talker> {
    const socket = new WebSocket(url.replace("http", "ws"), { headers, perMessageDeflate: false });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return new Talker(socket, isHeld);
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  /** Talks for so long; answers how many changes were held in that time. */
  async talk(ms: number): Promise<number> {
    const before = this.#seq;
    this.#until = performance.now() + ms;
    const over = new Promise<void>((resolve) => (this.#idle = resolve));
    this.#next();
    await over;
    return this.#seq - before;
  }

  close(): void {
    this.#socket.terminate();
  }

  #next(): void {
    if (performance.now() >= this.#until || this.refused !== null) return this.#idle?.();
    this.#socket.send(changeFrame(this.#seq + 1));
  }

  #hear(text: string): void {
    if (text.includes('"error"')) {
      this.refused = text;
      return this.#idle?.();
    }
    if (!this.#isHeld(text, this.#seq + 1)) return;
    this.#seq++;
    this.#next();
  }
}
