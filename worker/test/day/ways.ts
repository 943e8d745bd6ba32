import { exports } from "cloudflare:workers";
import type { AgentMessage, CloudMessage } from "@afloat/shared/wire";
import type { TestHost } from "../ground.ts";

/** How an agent and the real Worker speak; what the cloud says is gathered. */
export interface Way {
  readonly heard: CloudMessage[];
  /** By either end. */
  readonly isClosed: boolean;
  say(message: AgentMessage): Promise<void>;
  close(): void;
}

/** A socket. */
export async function dial(host: TestHost): Promise<Way> {
  const headers = { Upgrade: "websocket", Authorization: `Bearer ${host.credential}` };
  const answer = await exports.default.fetch("https://afloat.test/agent/connect", { headers });
  const socket = answer.webSocket;
  if (socket === null) throw new Error(`refused with ${answer.status}: ${await answer.text()}`);
  const heard: CloudMessage[] = [];
  let isClosed = false;
  socket.accept();
  socket.addEventListener("message", ({ data }) => void heard.push(JSON.parse(String(data))));
  socket.addEventListener("close", () => void (isClosed = true));
  return {
    heard,
    get isClosed() {
      return isClosed;
    },
    say: async (message) => socket.send(JSON.stringify(message)),
    close: () => socket.close(1000, "the day has it so"),
  };
}

/** Posts, each answered at once: nothing is there that could be closed. */
export function posting(host: TestHost): Way {
  const heard: CloudMessage[] = [];
  const headers = { Authorization: `Bearer ${host.credential}`, "content-type": "application/json" };
  return {
    heard,
    isClosed: true,
    say: async (message) => {
      const body = JSON.stringify({ messages: [message] });
      const answer = await exports.default.fetch("https://afloat.test/agent/messages", {
        method: "POST",
        headers,
        body,
      });
      if (!answer.ok) throw new Error(`refused with ${answer.status}: ${await answer.text()}`);
      const said: { messages: CloudMessage[] } = await answer.json();
      heard.push(...said.messages);
    },
    close: () => undefined,
  };
}
