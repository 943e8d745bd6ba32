import type { Socket } from "node:net";
import { FrameSplitter, withChangedContent, withReservedBit } from "./frames.ts";

/** `up`: from the agent to the cloud. */
export type Way = "up" | "down";
/**
 * What may be done to a frame, after so many that pass. `lose`: so many never arrive, and then the connection is cut. What was not
 * upgraded has no frames; there a piece of the stream is one.
 */
export type Harm = { after?: number } & (
  | { kind: "lose"; frames: number }
  | { kind: "reserved-bit" }
  | { kind: "changed-content" }
);

/** How bytes go on: at once, not now, never, or one by one. */
export type Flow = "pass" | "hold" | "swallow" | "trickle";

interface Ends {
  from: Socket;
  to: Socket;
  /** What becomes of the head of the first request or answer. */
  onHead: (head: string) => string;
  /** Every whole frame, before anything is done to it. */
  onFrame: (frame: Buffer) => Buffer;
  cut: () => void;
}

const HEAD_END = "\r\n\r\n";

/** One direction of one connection: first a head, then frames where it was upgraded, else bytes as they come. */
export class Lane {
  readonly #ends: Ends;
  readonly #out: Buffer[] = [];
  readonly #splitter = new FrameSplitter();
  #head: Buffer | null = Buffer.alloc(0);
  #framed = false;
  #flow: Flow;
  #harm: Harm | null = null;
  #trickling = false;
  #ended = false;

  constructor(ends: Ends, flow: Flow) {
    this.#ends = ends;
    this.#flow = flow;
    ends.from.on("data", (chunk: Buffer) => this.#take(chunk));
    ends.from.on("end", () => {
      this.#ended = true;
      this.#drain();
    });
  }

  /** True once whole frames go this way. */
  get isFramed(): boolean {
    return this.#framed;
  }

  set flow(flow: Flow) {
    // What has swallowed bytes can never again pass some.
    if (this.#flow === "swallow") return;
    this.#flow = flow;
    this.#drain();
  }

  harm(harm: Harm): void {
    this.#harm = harm;
  }

  /** Puts bytes of the proxy's own between what goes this way. */
  inject(bytes: Buffer): void {
    this.#push(bytes);
  }

  #take(chunk: Buffer): void {
    if (this.#head === null) return this.#pieces(chunk).forEach((piece) => this.#pass(piece));
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(HEAD_END);
    if (end === -1) return;
    const head = this.#ends.onHead(this.#head.toString("latin1", 0, end + HEAD_END.length));
    const rest = this.#head.subarray(end + HEAD_END.length);
    this.#framed = /^upgrade: *websocket\r$/im.test(head);
    this.#head = null;
    this.#push(Buffer.from(head, "latin1"));
    if (rest.length > 0) this.#take(rest);
  }

  #pieces(chunk: Buffer): Buffer[] {
    return this.#framed ? this.#splitter.push(chunk).map((frame) => this.#ends.onFrame(frame)) : [chunk];
  }

  #pass(piece: Buffer): void {
    const harm = this.#harm;
    if (harm === null) return this.#push(piece);
    if (harm.after !== undefined && harm.after > 0) {
      harm.after--;
      return this.#push(piece);
    }
    if (harm.kind === "lose") {
      harm.frames--;
      return harm.frames > 0 ? undefined : this.#ends.cut();
    }
    this.#harm = null;
    this.#push(harm.kind === "reserved-bit" ? withReservedBit(piece) : withChangedContent(piece));
  }

  #push(bytes: Buffer): void {
    if (this.#flow === "swallow") return;
    this.#out.push(bytes);
    this.#drain();
  }

  #drain(): void {
    if (this.#flow === "hold" || this.#flow === "swallow") return;
    if (this.#flow === "trickle") return this.#trickle();
    for (let next = this.#out.shift(); next !== undefined; next = this.#out.shift()) this.#ends.to.write(next);
    if (this.#ended) this.#ends.to.end();
  }

  #trickle(): void {
    if (this.#trickling) return;
    this.#trickling = true;
    const step = (): void => {
      this.#trickling = false;
      if (this.#flow !== "trickle") return this.#drain();
      const [first] = this.#out;
      if (first === undefined) return this.#ended ? void this.#ends.to.end() : undefined;
      this.#ends.to.write(first.subarray(0, 1));
      if (first.length > 1) this.#out[0] = first.subarray(1);
      else this.#out.shift();
      this.#trickling = true;
      setImmediate(step);
    };
    setImmediate(step);
  }
}
