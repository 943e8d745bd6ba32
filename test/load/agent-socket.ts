import type { CloudMessage } from "@afloat/shared/wire";
import { WebSocket } from "ws";

/** What is heard at an agent's end of a socket. */
export interface SocketEars {
  message: (message: CloudMessage) => void;
  closed: (code: number, reason: string) => void;
}

/** An agent's end of a socket into the cloud, without a mind of its own. */
export class AgentSocket {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Throws with the status where the upgrade is refused. */
  static async connect(cloud: string, credential: string, ears: SocketEars): Promise<AgentSocket> {
    const headers = { authorization: `Bearer ${credential}` };
    const url = `${cloud.replace("http", "ws")}/agent/connect`;
    const socket = new WebSocket(url, { headers, perMessageDeflate: false, handshakeTimeout: 60_000 });
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text !== "pong") ears.message(JSON.parse(text));
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_request, { statusCode }) => {
        reject(new Error(`answered ${statusCode}`));
        socket.terminate();
      });
      socket.once("error", reject);
    });
    socket.on("error", () => socket.terminate());
    socket.once("close", (code, reason) => ears.closed(code, reason.toString("utf8")));
    return new AgentSocket(socket);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  say(message: object | string | Buffer): void {
    const isRaw = typeof message === "string" || Buffer.isBuffer(message);
    this.#socket.send(isRaw ? message : JSON.stringify(message));
  }

  /** Nothing is read or heard any more; the other end is not told. */
  freeze(): void {
    this.#socket.pause();
  }

  end(): void {
    this.#socket.terminate();
  }
}
