import { type Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { gzipSync } from "node:zlib";
import { answerOf, type TlsFacts, tlsOf } from "./answer.ts";
import type { Answer } from "./core/decide-fault.ts";
import { agentOf, type Way } from "./way.ts";

/** An answer larger than this is cut off, characters. */
const ANSWER_LIMIT = 1024 * 1024;
/** How long an answer may take, milliseconds. */
const ANSWER_MS = 15_000;
/** Less than this is not worth compressing: what is saved is less than a packet. */
const COMPRESS_FROM_BYTES = 1_400;

/** POSTs of JSON to the cloud, one at a time, on one connection as long as it lasts; over verified TLS, bounded in time and size. */
export class Poster {
  readonly #way: Way;
  readonly #bearer: string;
  readonly #agent: Agent;
  /** The other end takes compressed bodies. */
  compresses = false;
  /** Of the newest connection. */
  tls: TlsFacts | null = null;

  constructor(way: Way, bearer: string) {
    this.#way = way;
    this.#bearer = bearer;
    this.#agent = agentOf(way);
  }

  /** Rejects where there is no answer. */
  async post(path: string, text: string): Promise<Answer> {
    const compressed = this.compresses && Buffer.byteLength(text) >= COMPRESS_FROM_BYTES;
    const body = compressed ? gzipSync(text) : Buffer.from(text);
    try {
      return await this.#once(path, body, compressed);
    } catch (error) {
      // The other end closed it while it idled: this says nothing of the next one, and all that is sent may come twice.
      if (error instanceof StaleConnection) return this.#once(path, body, compressed);
      throw error;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #once(path: string, body: Buffer, compressed: boolean): Promise<Answer> {
    const url = `${this.#way.cloud}${path}`;
    const request = url.startsWith("https:") ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${this.#bearer}`,
        "content-type": "application/json",
        "content-length": body.byteLength,
        ...(compressed ? { "content-encoding": "gzip" } : {}),
      };
      const call = request(url, { method: "POST", headers, agent: this.#agent }, (answer) => {
        this.tls = tlsOf(answer.socket);
        readWhole(answer, call).then((heard) => resolve(answerOf(answer, heard)), reject);
      });
      const late = setTimeout(() => call.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
      call.on("close", () => clearTimeout(late));
      call.on("error", (error) => reject(isStale(call, error) ? new StaleConnection() : error));
      call.end(body);
    });
  }
}

/** One that was used before, and was closed at the other end. */
class StaleConnection extends Error {}

const isStale = (call: ClientRequest, error: NodeJS.ErrnoException) =>
  call.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");

function readWhole(answer: IncomingMessage, call: ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      heard += chunk;
      if (heard.length > ANSWER_LIMIT)
        call.destroy(new Error(`expected an answer of at most ${ANSWER_LIMIT} characters`));
    });
    answer.on("end", () => resolve(heard));
    answer.on("error", reject);
  });
}
