import type { AgentMessage, CloudMessage } from "@afloat/shared/wire";
import { AgentSocket } from "../load/agent-socket.ts";
import { until } from "../stories/house/until.ts";

/** Somebody with a credential who says over a WebSocket whatever he likes. */
export class RawAgent {
  readonly heard: CloudMessage[];
  closed: { code: number; reason: string } | null = null;
  readonly #socket: AgentSocket;

  private constructor(socket: AgentSocket, heard: CloudMessage[]) {
    [this.#socket, this.heard] = [socket, heard];
  }

  /** Throws with the status where the upgrade is refused. */
  static async connect(cloud: string, credential: string): Promise<RawAgent> {
    const heard: CloudMessage[] = [];
    let agent: RawAgent | null = null;
    let closed: RawAgent["closed"] = null;
    const socket = await AgentSocket.connect(cloud, credential, {
      message: (message) => heard.push(message),
      closed: (code, reason) => {
        closed = { code, reason };
        if (agent !== null) agent.closed = closed;
      },
    });
    agent = new RawAgent(socket, heard);
    agent.closed = closed;
    return agent;
  }

  say(message: AgentMessage | object | string | Buffer): void {
    this.#socket.say(message);
  }

  /** Waits until the cloud says such a message, or has hung up. */
  async hears<T extends CloudMessage["type"]>(type: T): Promise<Extract<CloudMessage, { type: T }> | null> {
    const isIt = (message: CloudMessage): message is Extract<CloudMessage, { type: T }> => message.type === type;
    await until(`the cloud to say ${type}`, () => this.heard.some(isIt) || this.closed !== null);
    return this.heard.find(isIt) ?? null;
  }

  end(): void {
    this.#socket.end();
  }
}
