import type { AgentMessage, CloudMessage, JournalEvent } from "@afloat/shared/wire";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { TestHost } from "../ground.ts";
import { eventually, hello } from "../test-agent.ts";
import type { Meter } from "./meter.ts";
import { type Connection, pingedMs } from "./connections.ts";
import { versionOf } from "./happenings.ts";
import type { HostScript } from "./script.ts";
import { dial, posting, type Way } from "./ways.ts";

/** The agent of one host of the day: a journal, and one way at a time into the real Worker. */
export class SimulatedAgent {
  readonly journal: JournalEvent[] = [];
  readonly script: HostScript;
  readonly host: TestHost;
  /** The connection it is on, by the script; null between two. */
  connection: Connection | null = null;
  /** The last one, whose pings the platform remembers after its end. */
  #latest: Connection | null = null;
  #way: Way;
  #recorded = 0;
  readonly #meter: Meter;
  /** The day's time, milliseconds since it began. */
  readonly #now: () => number;

  constructor(script: HostScript, host: TestHost, { meter, now }: { meter: Meter; now: () => number }) {
    [this.#meter, this.#now] = [meter, now];
    this.script = script;
    this.host = host;
    this.#way = posting(host);
  }

  /** When the platform answered its last ping, in the day's time; null before the first. */
  pingedMs(nowMs: number): number | null {
    return this.#latest === null ? null : pingedMs(this.script, this.#latest, nowMs);
  }

  /** Says hello, and then all that is not recorded. */
  async connect(connection: Connection): Promise<void> {
    this.#way = this.script.speaks === "http" ? posting(this.host) : await dial(this.host);
    [this.connection, this.#latest] = [connection, connection];
    this.#meter.connections += 1;
    const last = this.journal.length;
    const nowMs = Date.now();
    const { watchesFromMs, run, boot } = connection;
    const { sleeps, offlineAfterMs } = this.script;
    const said = hello({
      ...{ bootId: `boot${boot}`, runId: `run${run}`, journalId: JOURNAL, firstSeq: 1, lastSeq: last },
      ...{ clockMs: nowMs + this.script.clockAheadMs, correctedMs: 0, ranMs: this.#now() - watchesFromMs },
      ...{ sleeps, offlineAfterMs, services: standing(this.journal) },
      agent: { version: versionOf(run), node: "v24" },
    });
    await this.#say(said);
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
      await this.#say({ type: "events", events: part });
      if (this.#isUnknown()) return this.#greetAgain();
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
      await this.#say({
        type: "bye",
        planned: true,
        onPurpose: true,
        ...(backWithinMs === undefined ? {} : { backWithinMs }),
      });
    }
    if (how !== "dropped") this.#way.close();
    await eventually(`the connection of ${this.script.name} to end`, () => this.#way.isClosed || null);
  }

  /** A sign of life, where the platform answers none. */
  async beat(): Promise<void> {
    const { run } = this.connection ?? { run: null };
    if (run === null) return;
    this.#meter.posts += 1;
    await this.#way.say({ type: "beat", journalId: JOURNAL, runId: `run${run}`, lastSeq: this.journal.length });
    if (this.#isUnknown()) return this.#greetAgain();
    const answer = this.#way.heard.at(-1);
    if (answer?.type !== "ack") throw new Error(`${this.script.name} beat, and heard ${JSON.stringify(answer)}`);
  }

  /** A second machine with its credential: how it is answered. */
  async clone(): Promise<string> {
    const way = await dial(this.host);
    await way.say(hello({ journalId: "journal2", bootId: "elsewhere" }));
    const answer = await eventually("an answer to a second machine", () => way.heard[0]);
    way.close();
    return answer.type === "error" ? answer.code : answer.type;
  }

  /** Its post met a Fleet that took it over, and has not heard its hello. */
  #isUnknown(): boolean {
    const answer = this.script.speaks === "http" ? this.#way.heard.at(-1) : undefined;
    return answer?.type === "error" && answer.code === "hello-first";
  }

  async #greetAgain(): Promise<void> {
    if (this.connection !== null) await this.connect(this.connection);
  }

  async #say(message: AgentMessage): Promise<void> {
    if (this.script.speaks === "http") this.#meter.posts += 1;
    else this.#meter.messages += 1;
    await this.#way.say(message);
  }

  async #hears(what: string, is: (message: CloudMessage) => boolean): Promise<CloudMessage> {
    const { heard } = this.#way;
    try {
      return await eventually(what, () => heard.findLast(is), 1);
    } catch (cause) {
      const last = JSON.stringify(heard.slice(-3));
      const stands = this.#way.isClosed ? "cut off" : "connected";
      throw new Error(`${this.script.name}, ${stands}, heard last ${last}`, { cause });
    }
  }
}

/** The journal of every host: its events are numbered by it. */
const JOURNAL = "journal1";

/** How services stand after these events. */
function standing(events: readonly JournalEvent[]): ServiceSnapshot[] {
  const last = new Map(events.flatMap((each) => (each.kind === "flip" ? [[each.snapshot.name, each.snapshot]] : [])));
  return [...last.values()];
}
