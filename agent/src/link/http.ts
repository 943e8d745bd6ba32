import type { AgentMessage } from "@afloat/shared/wire";
import * as v from "valibot";
import type { Ended } from "./core/link-types.ts";
import { faultWords, postJson } from "./post.ts";
import { type Ear, FINISH_MS, type Transport } from "./transport.ts";

/** What comes together goes together: so long after the first of it, milliseconds. */
const GATHER_MS = 15;
/** Of what one POST may carry (the cloud takes 50 messages and 512 KiB), with room to spare. */
const MESSAGES_IN_ONE = 40;
const BYTES_IN_ONE = 400 * 1024;

/** The same messages by HTTP POST, one at a time, for hosts where WebSockets cannot pass. Commands come in the answers. */
export function openHttp(cloud: string, credential: string, beat: () => AgentMessage, ear: Ear): Transport {
  const line = new HttpLine(`${cloud.replace(/\/$/, "")}/agent/messages`, credential, ear);
  queueMicrotask(() => ear.opened());
  return {
    via: "http",
    send: (message) => line.send(message),
    // What waits to be sent is a sign of life itself.
    beat: () => (line.isIdle ? line.send(beat()) : undefined),
    close: () => line.close(),
    finish: () => line.finish(),
  };
}

class HttpLine {
  readonly #url: string;
  readonly #credential: string;
  readonly #ear: Ear;
  readonly #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #posting: Promise<void> | null = null;
  #over = false;

  constructor(url: string, credential: string, ear: Ear) {
    this.#url = url;
    this.#credential = credential;
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
    let heard: string[] | Ended;
    try {
      const answer = await postJson(this.#url, this.#credential, `{"messages":[${this.#take().join(",")}]}`);
      heard = readAnswer(answer);
    } catch (error) {
      heard = { kind: "lost", why: faultWords(error) };
    }
    if (this.#over) return;
    if (Array.isArray(heard)) return heard.forEach((text) => this.#ear.heard(text));
    this.close();
    this.#ear.ended(heard);
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

function readAnswer({ status, body, location }: Awaited<ReturnType<typeof postJson>>): string[] | Ended {
  if (status === 401) return REVOKED;
  if (location !== null)
    return { kind: "lost", why: `the cloud answered ${status}, moved to ${location}: not followed` };
  if (status !== 200) return { kind: "lost", why: `the cloud answered ${status}` };
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), cloudShape), body);
  return parsed.success
    ? parsed.output.messages.map((message) => JSON.stringify(message))
    : { kind: "lost", why: "the answer is not Afloat's: is the address right?" };
}

/** Messages one by one are the link's to read: one that is newer than this agent must not cost it the others. */
const cloudShape = v.object({ messages: v.array(v.looseObject({ type: v.string() })) });

/** The cloud's 401, by whichever way. */
export const REVOKED: Ended = {
  kind: "revoked",
  why: "the credential is not in force any more: enrol this host with afloat enroll --again",
};
