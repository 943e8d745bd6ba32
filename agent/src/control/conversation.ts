import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { setImmediate } from "node:timers/promises";
import { type ControlAnswer, type ControlRequest, REQUEST_LIMIT_BYTES } from "./protocol.ts";

/** Connections at once; a descriptor each. Beyond it who asks nothing makes room. */
export const CONNECTIONS_LIMIT = 128;
/** Requests of one connection that are answered at once. */
const REQUESTS_LIMIT = 16;
/** What may wait for a client that does not read, bytes: the next answer after that ends it. One answer may be larger. */
const UNREAD_LIMIT_BYTES = 1024 * 1024;

export type Unnumbered = ControlAnswer extends infer A ? (A extends unknown ? Omit<A, "id"> : never) : never;
export type Answer = (answer: Unnumbered) => void;

/** What the daemon does with a request. `answer` may be called more than once; `gone` resolves when the client has left. */
export type Handle = (request: ControlRequest, answer: Answer, gone: Promise<void>) => Promise<void>;

/** A line, understood or not. */
export type Read = (
  line: string,
) => { request: ControlRequest } | { code: "bad-request" | "other-version"; message: string };

/** All who are connected. */
export class Conversations {
  readonly #all = new Set<Conversation>();

  /** Takes a newcomer in; where all places are taken, in the place of the one that has asked nothing for longest. */
  open(socket: Socket, read: Read, handle: Handle): void {
    if (this.#all.size >= CONNECTIONS_LIMIT) {
      const idle = [...this.#all].find((each) => each.isIdle);
      if (idle === undefined) return void socket.destroy();
      idle.end();
      this.#all.delete(idle);
    }
    const conversation = new Conversation(socket, read, handle);
    this.#all.add(conversation);
    socket.once("close", () => this.#all.delete(conversation));
  }
}

/** One client. Whatever it sends, and however little of our answers it reads, it costs a bounded amount. */
class Conversation {
  readonly #socket: Socket;
  readonly #read: Read;
  readonly #handle: Handle;
  readonly #gone: Promise<void>;
  /** A character may come in two pieces. */
  readonly #decoder = new StringDecoder("utf8");
  /** The beginning of a line. */
  #waiting = "";
  /** Lines that have not had their turn. */
  #lines: string[] = [];
  #answering = false;
  #running = 0;
  /** The newest state that a client which does not read has not been sent: those between are of no use to it. */
  readonly #latest = new Map<number, ControlAnswer>();

  constructor(socket: Socket, read: Read, handle: Handle) {
    this.#socket = socket;
    this.#read = read;
    this.#handle = handle;
    this.#gone = new Promise((resolve) => socket.once("close", () => resolve()));
    // A client that hangs up in the middle is no news.
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => this.#hear(this.#decoder.write(chunk)));
    socket.on("drain", () => this.#catchUp());
  }

  /** It has asked nothing that is not answered. */
  get isIdle(): boolean {
    return this.#running === 0;
  }

  end(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    if (this.#isOver) return;
    const lines = (this.#waiting + text).split("\n");
    this.#waiting = lines.pop() ?? "";
    this.#lines.push(...lines);
    if (this.#waiting.length > REQUEST_LIMIT_BYTES) return this.#refuse(TOO_LONG);
    void this.#answerAll();
  }

  /** In turn. No more is read meanwhile: what is not answered yet must not pile up. */
  async #answerAll(): Promise<void> {
    if (this.#answering) return;
    this.#answering = true;
    this.#socket.pause();
    for (let line = this.#lines.shift(); line !== undefined && !this.#isOver; line = this.#lines.shift()) {
      if (line.length > REQUEST_LIMIT_BYTES) return this.#refuse(TOO_LONG);
      // Most are answered within one turn.
      if (this.#running >= REQUESTS_LIMIT) await setImmediate();
      if (this.#running >= REQUESTS_LIMIT) return this.#refuse(TOO_MANY);
      void this.#take(line);
    }
    this.#answering = false;
    this.#socket.resume();
  }

  /** It is left, or was told off: nothing more is heard. */
  get #isOver(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded;
  }

  async #take(line: string): Promise<void> {
    let id = 0;
    this.#running++;
    try {
      const read = this.#read(line);
      if ("message" in read) return this.#write({ id, kind: "error", ...read });
      ({ id } = read.request);
      await this.#handle(read.request, (answer) => this.#write({ ...answer, id }), this.#gone);
    } catch (error) {
      this.#write({ id, kind: "error", code: "failed", message: String(error) });
    } finally {
      this.#running--;
    }
  }

  /** Says why, and hangs up: what follows cannot be trusted to be the beginning of a request. */
  #refuse(message: string): void {
    this.#write({ id: 0, kind: "error", code: "bad-request", message });
    this.#lines = [];
    this.#waiting = "";
    // Read on, or its end would never be seen.
    this.#socket.resume();
    this.#socket.destroySoon();
  }

  #write(answer: ControlAnswer): void {
    if (this.#isOver) return;
    if (this.#socket.writableNeedDrain && answer.kind === "changed") {
      this.#latest.set(answer.id, answer);
      return;
    }
    if (this.#socket.writableLength > UNREAD_LIMIT_BYTES) return this.end();
    this.#socket.write(`${JSON.stringify(answer)}\n`);
  }

  #catchUp(): void {
    const latest = [...this.#latest.values()];
    this.#latest.clear();
    for (const answer of latest) this.#write(answer);
  }
}

const TOO_LONG = `a request is at most ${REQUEST_LIMIT_BYTES} bytes`;
const TOO_MANY = `at most ${REQUESTS_LIMIT} requests are answered at once`;
