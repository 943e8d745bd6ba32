import { exports } from "cloudflare:workers";
import type { AgentMessage, CloudMessage, JournalEvent } from "@afloat/shared/wire";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { TestHost } from "../ground.ts";
import { eventually, hello } from "../test-agent.ts";
import type { Meter } from "./meter.ts";
import { type Connection, pingedMs } from "./connections.ts";
import { versionOf } from "./happenings.ts";
import type { HostScript } from "./script.ts";

/** The agent of one host of the day: a journal, and one real socket at a time, into the real Worker. */
export class SimulatedAgent {
  readonly journal: JournalEvent[] = [];
  readonly script: HostScript;
  readonly host: TestHost;
  /** The connection it is on, by the script; null between two. */
  connection: Connection | null = null;
  /** The last one, whose pings the platform remembers after its end. */
  #latest: Connection | null = null;
  #socket: WebSocket | null = null;
  #heard: CloudMessage[] = [];
  #isClosed = true;
  #recorded = 0;
  readonly #meter: Meter;

  constructor(script: HostScript, host: TestHost, meter: Meter) {
    this.#meter = meter;
    this.script = script;
    this.host = host;
  }

  /** When the platform answered its last ping, in the day's time; null before the first. */
  pingedMs(nowMs: number): number | null {
    return this.#latest === null ? null : pingedMs(this.script, this.#latest, nowMs);
  }

  /** Says hello, and then all that is not recorded. */
  async connect(connection: Connection): Promise<void> {
    const { socket, heard } = await dial(this.host, () => {
      if (this.#socket === socket) this.#isClosed = true;
    });
    [this.#socket, this.#heard, this.#isClosed, this.connection] = [socket, heard, false, connection];
    this.#latest = connection;
    this.#meter.connections += 1;
    const last = this.journal.length;
    const nowMs = Date.now();
    const { helloMs, watchesFromMs, run, boot } = connection;
    const { sleeps, offlineAfterMs } = this.script;
    const said = hello({
      ...{ bootId: `boot${boot}`, runId: `run${run}`, journalId: "journal1", firstSeq: 1, lastSeq: last },
      ...{ clockMs: nowMs + this.script.clockAheadMs, correctedMs: 0, ranMs: helloMs - watchesFromMs },
      ...{ sleeps, offlineAfterMs, services: standing(this.journal) },
      agent: { version: versionOf(run), node: "v24" },
    });
    this.#say(said);
    const answer = await this.#hears("an answer to hello", (each) => each.type === "welcome" || each.type === "error");
    if (answer.type !== "welcome") throw new Error(`${this.script.name} was refused: ${JSON.stringify(answer)}`);
    this.#recorded = answer.recorded;
    await this.tell();
  }

  /** Sends what the cloud does not hold yet; waits until it holds it. */
  async tell(): Promise<void> {
    const events = this.journal.slice(this.#recorded);
    for (let at = 0; at < events.length; at += 200) {
      const part = events.slice(at, at + 200);
      const seq = part.at(-1)?.seq ?? 0;
      this.#say({ type: "events", events: part });
      await this.#hears(`number ${seq} to be held`, (each) => each.type === "ack" && each.held >= seq);
      this.#recorded = seq;
    }
  }

  /** Ends its connection in the way that the script has it. */
  async end(how: Connection["end"]): Promise<void> {
    const endMs = this.connection?.endMs;
    this.connection = null;
    // Nobody tells the cloud.
    if (how === "lost") return;
    if (how === "bye") {
      const backWithinMs = this.script.absences.find(({ fromMs }) => fromMs === endMs)?.backWithinMs;
      this.#say({
        type: "bye",
        planned: true,
        onPurpose: true,
        ...(backWithinMs === undefined ? {} : { backWithinMs }),
      });
    }
    if (how !== "dropped") this.#socket?.close(1000, "the day has it so");
    await eventually(`the connection of ${this.script.name} to end`, () => this.#isClosed || null);
  }

  /** A second machine with its credential: how it is answered. */
  async clone(): Promise<string> {
    const { socket, heard } = await dial(this.host, () => undefined);
    socket.send(JSON.stringify(hello({ journalId: "journal2", bootId: "elsewhere" })));
    const answer = await eventually("an answer to a second machine", () => heard[0]);
    socket.close();
    return answer.type === "error" ? answer.code : answer.type;
  }

  #say(message: AgentMessage): void {
    this.#meter.messages += 1;
    this.#socket?.send(JSON.stringify(message));
  }

  async #hears(what: string, is: (message: CloudMessage) => boolean): Promise<CloudMessage> {
    try {
      return await eventually(what, () => this.#heard.findLast(is), 1);
    } catch (cause) {
      const heard = JSON.stringify(this.#heard.slice(-3));
      throw new Error(`${this.script.name}, ${this.#isClosed ? "cut off" : "connected"}, heard last ${heard}`, {
        cause,
      });
    }
  }
}

async function dial(host: TestHost, closed: () => void): Promise<{ socket: WebSocket; heard: CloudMessage[] }> {
  const answer = await exports.default.fetch("https://afloat.test/agent/connect", {
    headers: { Upgrade: "websocket", Authorization: `Bearer ${host.credential}` },
  });
  const socket = answer.webSocket;
  if (socket === null) throw new Error(`refused with ${answer.status}: ${await answer.text()}`);
  const heard: CloudMessage[] = [];
  socket.accept();
  socket.addEventListener("message", ({ data }) => void heard.push(JSON.parse(String(data))));
  socket.addEventListener("close", closed);
  return { socket, heard };
}

/** How services stand after these events. */
function standing(events: readonly JournalEvent[]): ServiceSnapshot[] {
  const last = new Map(events.flatMap((each) => (each.kind === "flip" ? [[each.snapshot.name, each.snapshot]] : [])));
  return [...last.values()];
}
