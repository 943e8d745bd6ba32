import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer, type Socket } from "node:net";

/** A request as it came. */
export interface Came {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  atMs: number;
}

export type Answering = (response: ServerResponse, request: IncomingMessage) => void;

/** Says this, and no more. */
export function saying(status: number, body = "", headers: Record<string, string> = {}): Answering {
  return (response) => response.writeHead(status, headers).end(body);
}

/** Answers that receivers give, and must not: each does one kind of harm. */
export const UNRULY = {
  silent: () => undefined,
  resets: (response: ServerResponse) => response.socket?.resetAndDestroy(),
  /** Its head comes at once, its body never ends. */
  endless: (response: ServerResponse) => {
    response.writeHead(500);
    const pour = () => {
      while (response.write("x".repeat(64 * 1024)));
    };
    response.on("drain", pour).on("error", () => undefined);
    pour();
  },
  garbage: (response: ServerResponse) => response.socket?.end("\u0000\u0001 no HTTP at all\r\n\r\n"),
} satisfies Record<string, Answering>;

/** A receiver on loopback that answers each request as it is told, and as always once there is nothing more to be told. */
export class Unruly {
  readonly came: Came[] = [];
  always: Answering;
  /** Answers of the next requests, first to last; undefined is `always`. */
  readonly next: Answering[] = [];
  url = "";
  readonly #server: Server;

  constructor(always: Answering) {
    this.always = always;
    this.#server = createHttpServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
      request.on("end", () => {
        this.came.push({ path: request.url ?? "", headers: request.headers, body, atMs: Date.now() });
        (this.next.shift() ?? this.always)(response, request);
      });
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    return this;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** A port at which somebody answers, but never as a web server does; counts who came. */
export async function bareListener(
  answer: (socket: Socket) => void,
): Promise<{ port: number; visits: () => number; close: () => void }> {
  let visits = 0;
  const server = createServer((socket) => {
    visits++;
    socket.on("error", () => undefined);
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, visits: () => visits, close: () => server.close() };
}
