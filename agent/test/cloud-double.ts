import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { type AgentMessage, agentMessage, agentPost, type CloudMessage, PING, PONG } from "@afloat/shared/wire";
import * as v from "valibot";
import { type WebSocket, WebSocketServer } from "ws";
import { writeCredential } from "../src/link/credential.ts";
import { freePort, type Host } from "./host.ts";

export type Heard = { via: "socket" | "http"; bearer: string } & AgentMessage;

/** A cloud in the test's own process: real sockets and real HTTP, the cloud's side of the protocol, and faults on demand. */
export class CloudDouble {
  readonly heard: Heard[] = [];
  /** Paths asked for with a method: every request that came. */
  readonly asked: string[] = [];
  /** What sockets and posts are answered with, instead of being let in. */
  refuse: { socket?: number; http?: number; location?: string } = {};
  /** The version that it says it speaks. */
  protocol = 1;
  answersPings = true;
  /** Whether what is held counts as recorded at once. */
  records = true;
  /** The journal it knows, and its marks in it. */
  journalId = "";
  held = 0;
  recorded = 0;
  /** Handed to the host until it claims them. */
  commands: Extract<CloudMessage, { type: "command" }>[] = [];
  granted: string[] = [];
  /** Whether a claim is answered at all. */
  grants = true;
  /** Body and status of the answer to `enroll`. */
  enrolment: { status: number; body: string } = { status: 500, body: "" };
  readonly url: string;
  private readonly server: Server;
  private readonly sockets = new Set<WebSocket>();

  private constructor(server: Server, url: string) {
    this.server = server;
    this.url = url;
    const upgrades = new WebSocketServer({ noServer: true });
    server.on("request", (request, response) => void this.answer(request, response));
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.asked.push(`UPGRADE ${request.url}`);
      const { socket: status, location } = this.refuse;
      if (status !== undefined) {
        const moved = location === undefined ? "" : `Location: ${location}\r\n`;
        return socket.end(`HTTP/1.1 ${status} No\r\n${moved}Connection: close\r\n\r\n`);
      }
      upgrades.handleUpgrade(request, socket, head, (accepted) => this.accept(accepted, bearerOf(request)));
    });
  }

  static async open(tls?: { key: string; cert: string }): Promise<CloudDouble> {
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return new CloudDouble(server, `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`);
  }

  /** Gives a host a credential of this cloud's, as `afloat enroll` would. */
  enrol({ stateDir }: Host): void {
    writeCredential(stateDir, {
      ...{ cloud: this.url, credential: "afa_org.host.1.mac", organization: { name: "Aurora", slug: "aurora" } },
      ...{ host: { id: "host", name: "web-1" }, dashboard: `${this.url}/app` },
    });
  }

  /** What a host's events say, each once, in order. */
  events(): Extract<AgentMessage, { type: "events" }>["events"] {
    const bySeq = new Map(
      this.heard.flatMap((message) =>
        message.type === "events" ? message.events.map((event) => [event.seq, event]) : [],
      ),
    );
    return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  hellos(): Extract<Heard, { type: "hello" }>[] {
    return this.heard.filter((message) => message.type === "hello");
  }

  /** To every connected host, as it stands: a message, or what is none. */
  tell(message: CloudMessage | string): void {
    for (const socket of this.sockets) socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** Cuts every connection without a goodbye. */
  cut(): void {
    for (const socket of this.sockets) socket.terminate();
  }

  /** Hangs up as the Fleet does when an organization has another one from now on. */
  move(): void {
    for (const socket of this.sockets) socket.close(4012, "moved");
  }

  order(command: Omit<Extract<CloudMessage, { type: "command" }>, "type">): void {
    const message = { type: "command" as const, ...command };
    this.commands.push(message);
    this.tell(message);
  }

  async close(): Promise<void> {
    this.cut();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: WebSocket, bearer: string): void {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      if (text === PING) return this.answersPings ? socket.send(PONG) : undefined;
      const message = v.parse(agentMessage, JSON.parse(text));
      this.heard.push({ via: "socket", bearer, ...message });
      for (const reply of this.hear(message)) socket.send(JSON.stringify(reply));
    });
  }

  private hear(message: AgentMessage): CloudMessage[] {
    switch (message.type) {
      case "hello":
        if (message.journalId !== this.journalId) this.held = this.recorded = 0;
        this.journalId = message.journalId;
        this.recorded = Math.max(this.recorded, message.firstSeq - 1);
        this.held = Math.max(this.held, this.recorded);
        return [
          {
            ...{ type: "welcome", protocol: this.protocol, held: this.held, recorded: this.recorded },
            ...{ heartbeatMs: 1_000, clockMs: Date.now() },
          },
          ...this.commands,
        ];
      case "events":
        for (const { seq } of message.events) if (seq === this.held + 1) this.held = seq;
        if (this.records) this.recorded = this.held;
        return [{ type: "ack", held: this.held, recorded: this.recorded }];
      case "claim":
        if (!this.grants) return [];
        this.granted.push(message.command);
        return [{ type: "grant", command: message.command }];
      case "beat":
      case "measures":
      case "sample":
      case "tail":
      case "bye":
        return [];
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(`${request.method} ${request.url}`);
    let body = "";
    for await (const chunk of request) body += String(chunk);
    // `afloat doctor` looks at its clock.
    if (request.method !== "POST") return void response.writeHead(404).end();
    if (request.url === "/agent/enroll") {
      return void response.writeHead(this.enrolment.status, this.movedTo()).end(this.enrolment.body);
    }
    const { http: status } = this.refuse;
    if (status !== undefined) return void response.writeHead(status, this.movedTo()).end("no");
    const { messages } = v.parse(agentPost, JSON.parse(body));
    const replies: CloudMessage[] = messages.flatMap((each) => {
      const message = v.parse(agentMessage, each);
      this.heard.push({ via: "http", bearer: bearerOf(request), ...message });
      return this.hear(message);
    });
    const waiting = this.commands.filter(({ id }) => !this.granted.includes(id));
    response.end(JSON.stringify({ messages: [...replies, ...waiting] }));
  }

  private movedTo(): Record<string, string> {
    return this.refuse.location === undefined ? {} : { location: this.refuse.location };
  }
}

const bearerOf = (request: IncomingMessage) => (request.headers.authorization ?? "").replace("Bearer ", "");
