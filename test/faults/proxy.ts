import { connect, createServer, type Server, type Socket } from "node:net";
import { until } from "../stories/house/until.ts";
import { frameOf } from "./frames.ts";
import { type Flow, type Harm, Lane, type Way } from "./lane.ts";

/** What whoever connects meets. */
type Door =
  | { kind: "open" }
  /** Nobody listens, as it seems. */
  | { kind: "shut" }
  /** A gateway that answers for the cloud, whatever is asked. */
  | { kind: "answers"; status: string; body: string };

interface Connection {
  agent: Socket;
  cloud: Socket;
  up: Lane;
  down: Lane;
  /** All that the agent sent, for whoever wants to say it once more. */
  said: Buffer[];
  /** Dead, and neither end is told. */
  isHalfOpen: boolean;
}

/** Of one connection so much is kept to be said again, bytes. */
const KEPT_BYTES = 1024 * 1024;
const KEPT_RECORDINGS = 5;

/** A network between one agent and its cloud that does harm when it is told to. On loopback, without TLS. */
export class FaultProxy {
  door: Door = { kind: "open" };
  /** Takes the wish for a WebSocket out of requests, as some proxies do. */
  stripsUpgrade = false;
  /** Keeps frames readable: no compression is agreed on. */
  isPlain = false;
  /** Changes a text of the cloud's into another of the same length, in frames that are readable. */
  rewrite: { from: string; to: string } | null = null;
  /** What agents sent, connection by connection, the newest last; of the last few connections that asked for a WebSocket. */
  readonly recordings: Buffer[][] = [];
  /** Connections that were made to us, ever. */
  connections = 0;
  readonly port: number;
  readonly #target: number;
  readonly #server: Server;
  readonly #open = new Set<Connection>();
  #flow: Flow = "pass";

  private constructor(port: number, target: number) {
    this.port = port;
    this.#target = target;
    // Half-open ends are ours to decide on.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (agent) => this.#accept(agent));
  }

  static async open(port: number, target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(port, target);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject);
      proxy.#server.listen(port, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** True where frames go both ways just now. */
  get isUpgraded(): boolean {
    return this.#upgraded().length > 0;
  }

  /** Cuts every connection, without a goodbye. */
  cut(): void {
    for (const each of this.#open) this.#cut(each);
  }

  /** How bytes go on from now on, on every connection, open or to come. */
  set flow(flow: Exclude<Flow, "swallow">) {
    this.#flow = flow;
    for (const { up, down } of this.#open) [up.flow, down.flow] = [flow, flow];
  }

  /** Every open connection is dead from now on, and neither end is told. */
  halfOpen(): void {
    for (const each of this.#open) {
      each.isHalfOpen = true;
      [each.up.flow, each.down.flow] = ["swallow", "swallow"];
    }
  }

  /** Harms what goes that way next. */
  harm(way: Way, harm: Harm): void {
    for (const each of this.#open) each[way].harm({ ...harm });
  }

  /** Says something of its own to the cloud, as the agent, or the other way. Only where a WebSocket is open. */
  say(way: Way, payload: string | Buffer, opcode = 1): void {
    const frame = frameOf(Buffer.from(payload), way === "up", opcode);
    for (const each of this.#upgraded()) each[way].inject(frame);
  }

  /** Says to the cloud once more what a recording says, on a connection of its own. Answers what it heard until nothing more came. */
  async replay(recording: readonly Buffer[]): Promise<string> {
    const cloud = connect({ port: this.#target, host: "127.0.0.1" });
    let heard = "";
    cloud.on("data", (chunk: Buffer) => (heard += chunk.toString("utf8")));
    const gone = new Promise<void>((resolve) => cloud.once("close", () => resolve()));
    cloud.on("error", () => cloud.destroy());
    cloud.write(Buffer.concat(recording));
    // What was said is followed by a question to which every cloud has an answer.
    cloud.write(frameOf(Buffer.from('{"type":"over"}'), true));
    await Promise.race([until("the end of a replay", () => heard.includes("unknown-message")), gone]);
    cloud.resetAndDestroy();
    return heard;
  }

  /** No fault any more, for who connects from now on; what is open and was not harmed goes on. */
  calm(): void {
    this.door = { kind: "open" };
    this.stripsUpgrade = false;
    this.rewrite = null;
    this.flow = "pass";
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #upgraded(): Connection[] {
    return [...this.#open].filter(({ up, down }) => up.isFramed && down.isFramed);
  }

  #accept(agent: Socket): void {
    this.connections++;
    agent.on("error", () => agent.destroy());
    if (this.door.kind === "shut") return void agent.resetAndDestroy();
    if (this.door.kind === "answers") return answer(agent, this.door);
    const cloud = connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const said: Buffer[] = [];
    const cut = () => this.#cut(connection);
    const up = new Lane(
      { from: agent, to: cloud, cut, onHead: (head) => this.#request(head, said), onFrame: (frame) => frame },
      this.#flow,
    );
    const onFrame = (frame: Buffer) => this.#rewritten(frame);
    const down = new Lane({ from: cloud, to: agent, cut, onHead: (head) => head, onFrame }, this.#flow);
    const connection: Connection = { agent, cloud, up, down, said, isHalfOpen: false };
    this.#open.add(connection);
    agent.on("data", (chunk: Buffer) => remember(said, chunk));
    for (const socket of [agent, cloud]) {
      socket.on("error", () => connection.isHalfOpen || cut());
      socket.on("close", () => agent.destroyed && cloud.destroyed && this.#open.delete(connection));
    }
  }

  #request(head: string, said: Buffer[]): string {
    if (/^upgrade:/im.test(head)) this.recordings.push(said);
    if (this.recordings.length > KEPT_RECORDINGS) this.recordings.shift();
    const without = (name: string, text: string) => text.replace(new RegExp(`^${name}:.*\r\n`, "im"), "");
    const plain = this.isPlain ? without("sec-websocket-extensions", head) : head;
    return this.stripsUpgrade ? without("upgrade", without("connection", plain)) : plain;
  }

  #rewritten(frame: Buffer): Buffer {
    if (this.rewrite === null) return frame;
    const at = frame.indexOf(this.rewrite.from);
    if (at === -1) return frame;
    const changed = Buffer.from(frame);
    changed.write(this.rewrite.to, at, this.rewrite.from.length);
    return changed;
  }

  #cut(connection: Connection): void {
    this.#open.delete(connection);
    connection.agent.resetAndDestroy();
    connection.cloud.resetAndDestroy();
  }
}

function answer(agent: Socket, { status, body }: Extract<Door, { kind: "answers" }>): void {
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  agent.once("data", () => agent.end(head + body));
  agent.on("data", () => {});
  agent.on("end", () => agent.end());
}

function remember(said: Buffer[], chunk: Buffer): void {
  const bytes = said.reduce((sum, each) => sum + each.length, 0);
  if (bytes < KEPT_BYTES) said.push(chunk);
}
