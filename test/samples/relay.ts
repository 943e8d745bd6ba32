import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";

export type Side = "agent" | "cloud";

/** Stands between agents and a cloud, passes on what they say, and listens to it. */
export class Relay {
  /** Sockets are let through, or refused as some networks do. */
  sockets = true;
  readonly url: string;
  readonly #target: string;
  readonly #heard: (side: Side, message: unknown) => void;
  readonly #server: Server;
  readonly #open = new Set<{ agent: WebSocket; cloud: WebSocket }>();

  private constructor(server: Server, target: string, heard: (side: Side, message: unknown) => void) {
    this.#server = server;
    this.#target = target;
    this.#heard = heard;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const upgrades = new WebSocketServer({ noServer: true });
    server.on("request", (request, response) => void this.#post(request, response));
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (!this.sockets) return socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
      upgrades.handleUpgrade(request, socket, head, (agent) => this.#join(agent, request));
    });
  }

  static async open(target: string, heard: (side: Side, message: unknown) => void): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Relay(server, target, heard);
  }

  /** Says something to the cloud on a connected agent's line; `kept`: it counts as said by the agent. */
  say(message: object, kept: boolean): void {
    for (const { cloud } of this.#open) {
      if (kept) this.#heard("agent", message);
      cloud.send(JSON.stringify(message));
      return;
    }
  }

  cut(): void {
    for (const { agent, cloud } of this.#open) {
      agent.terminate();
      cloud.terminate();
    }
  }

  close(): void {
    this.cut();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #join(agent: WebSocket, { url, headers }: IncomingMessage): void {
    const { authorization = "" } = headers;
    const cloud = new WebSocket(this.#target.replace("http", "ws") + url, { headers: { authorization } });
    const pair = { agent, cloud };
    this.#open.add(pair);
    const waiting: string[] = [];
    agent.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      this.#note("agent", text);
      if (cloud.readyState === cloud.OPEN) cloud.send(text);
      else waiting.push(text);
    });
    cloud.on("open", () => waiting.splice(0).forEach((text) => cloud.send(text)));
    cloud.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      this.#note("cloud", text);
      agent.send(text);
    });
    for (const [one, other] of [[agent, cloud] as const, [cloud, agent] as const]) {
      one.on("error", () => other.terminate());
      one.on("close", () => {
        other.close();
        this.#open.delete(pair);
      });
    }
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { authorization = "" } = request.headers;
    const headers = { authorization, "content-type": "application/json" };
    const method = request.method ?? "GET";
    const isTalk = request.url === "/agent/messages";
    if (isTalk) for (const each of JSON.parse(body).messages) this.#heard("agent", each);
    try {
      const answer = await fetch(
        this.#target + request.url,
        method === "POST" ? { method, headers, body } : { headers },
      );
      const text = await answer.text();
      if (isTalk) for (const each of JSON.parse(text).messages ?? []) this.#heard("cloud", each);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
    } catch {
      // The cloud is gone already: an agent's last words need no answer.
      response.destroy();
    }
  }

  #note(side: Side, text: string): void {
    if (text.startsWith("{")) this.#heard(side, JSON.parse(text));
  }
}
