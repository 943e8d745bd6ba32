import type { AgentMessage, CloudMessage, Hello } from "@afloat/shared/wire";
import { PROTOCOL } from "@afloat/shared/wire";
import { WebSocket } from "ws";
import { until } from "../stories/house/until.ts";

/** Somebody with a credential who says over a WebSocket whatever he likes. */
export class RawAgent {
  readonly heard: CloudMessage[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.heard.push(JSON.parse(data.toString("utf8"))));
    socket.on("close", (code, reason) => (this.closed = { code, reason: reason.toString("utf8") }));
    socket.on("error", () => socket.terminate());
  }

  /** Throws with the status where the upgrade is refused. */
  static async connect(cloud: string, credential: string): Promise<RawAgent> {
    const headers = { authorization: `Bearer ${credential}` };
    const socket = new WebSocket(`${cloud.replace("http", "ws")}/agent/connect`, { headers });
    const agent = new RawAgent(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_request, { statusCode }) => reject(new Error(`answered ${statusCode}`)));
      socket.once("error", reject);
    });
    return agent;
  }

  say(message: AgentMessage | object | string | Buffer): void {
    const isRaw = typeof message === "string" || Buffer.isBuffer(message);
    this.#socket.send(isRaw ? message : JSON.stringify(message));
  }

  /** Waits until the cloud says such a message, or has hung up. */
  async hears<T extends CloudMessage["type"]>(type: T): Promise<Extract<CloudMessage, { type: T }> | null> {
    const isIt = (message: CloudMessage): message is Extract<CloudMessage, { type: T }> => message.type === type;
    await until(`the cloud to say ${type}`, () => this.heard.some(isIt) || this.closed !== null);
    return this.heard.find(isIt) ?? null;
  }

  end(): void {
    this.#socket.terminate();
  }
}

/** A hello like an agent's, of a machine without services. */
export function helloOf(more: Partial<Hello>): Hello {
  return {
    type: "hello",
    protocol: PROTOCOL,
    agent: { version: "0.1.0", node: "v24.0.0" },
    ...{ journalId: "raw", bootId: "rawboot", runId: "rawrun" },
    host: { name: "raw", os: "Linux", arch: "x64", cpus: 1, memoryBytes: 1 },
    ...{ remote: ["restart"], firstSeq: 0, lastSeq: 0, clockMs: Date.now(), services: [] },
    ...more,
  };
}
