import type { AgentMessage } from "@afloat/shared/wire";
import * as v from "valibot";
import { failedBy, refusedBy } from "./answer.ts";
import type { Ended } from "./core/faults.ts";
import { Poster } from "./post.ts";
import { type Ear, FINISH_MS, type Transport } from "./transport.ts";
import type { Way } from "./way.ts";

/** What comes together goes together: so long after the first of it, milliseconds. */
const GATHER_MS = 15;
/** Of what one POST may carry (the cloud takes 50 messages and 512 KiB), with room to spare. */
const MESSAGES_IN_ONE = 40;
const BYTES_IN_ONE = 400 * 1024;

/** The same messages by HTTP POST, one at a time, for hosts where WebSockets cannot pass. Commands come in the answers. */
export function openHttp(way: Way, credential: string, beat: () => AgentMessage, ear: Ear): Transport {
  const poster = new Poster(way, credential);
  const line = new HttpLine(poster, way.cloud, ear);
  // Nothing is opened yet: the first POST will. Not before whoever dials has this in hand.
  setImmediate(() => ear.opened());
  return {
    via: "http",
    tls: () => poster.tls,
    send: (message) => line.send(message),
    // What waits to be sent is a sign of life itself.
    beat: () => (line.isIdle ? line.send(beat()) : undefined),
    close: () => line.close(),
    finish: () => line.finish(),
  };
}

class HttpLine {
  readonly #poster: Poster;
  readonly #cloud: string;
  readonly #ear: Ear;
  readonly #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #posting: Promise<void> | null = null;
  #over = false;

  constructor(poster: Poster, cloud: string, ear: Ear) {
    this.#poster = poster;
    this.#cloud = cloud;
    this.#ear = ear;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#posting === null;
  }

  send(message: AgentMessage): void {
    if (this.#over) return;
    this.#waiting.push(JSON.stringify(message));
    this.#soon();
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#poster.close();
  }

  async finish(): Promise<void> {
    clearTimeout(this.#timer);
    const late = new Promise<void>((resolve) => setTimeout(resolve, FINISH_MS).unref());
    const drained = async () => {
      await this.#posting;
      while (this.#waiting.length > 0 && !this.#over) await this.#post();
    };
    await Promise.race([drained(), late]);
    this.close();
  }

  #soon(): void {
    if (this.#posting !== null || this.#over) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#post(), GATHER_MS);
  }

  #post(): Promise<void> {
    this.#posting = this.#exchange().finally(() => {
      this.#posting = null;
      if (this.#waiting.length > 0) this.#soon();
    });
    return this.#posting;
  }

  async #exchange(): Promise<void> {
    const heard = await this.#ask(`{"messages":[${this.#take().join(",")}]}`);
    if (this.#over) return;
    if ("messages" in heard) return heard.messages.forEach((text) => this.#ear.heard(text));
    this.close();
    this.#ear.ended(heard);
  }

  async #ask(text: string): Promise<{ messages: string[] } | Ended> {
    try {
      const answer = await this.#poster.post("/agent/messages", text);
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), cloudShape), answer.body);
      if (answer.status !== 200 || !parsed.success) return refusedBy(answer, "http");
      this.#poster.compresses = parsed.output.gzip === true;
      return { messages: parsed.output.messages.map((message) => JSON.stringify(message)) };
    } catch (error) {
      return failedBy(error, this.#cloud);
    }
  }

  #take(): string[] {
    let bytes = 0;
    let count = 0;
    for (const text of this.#waiting.slice(0, MESSAGES_IN_ONE)) {
      bytes += Buffer.byteLength(text);
      if (count > 0 && bytes > BYTES_IN_ONE) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}

/** Messages one by one are the link's to read: one that is newer than this agent must not cost it the others. */
const cloudShape = v.object({
  messages: v.array(v.looseObject({ type: v.string() })),
  gzip: v.optional(v.boolean()),
});
