import type { CloudMessage } from "@afloat/shared/wire";
import type { FleetHost } from "./core/fleet-types.ts";
import type { Speaker } from "./core/liveness.ts";
import { Dialogue } from "./dialogue.ts";
import type { Door } from "./door.ts";
import { Elsewhere, isElsewhere } from "./elsewhere.ts";
import { type Frame, readFrame } from "./frame.ts";
import type { Line } from "./greeting.ts";
import type { AgentIdentity } from "./identity.ts";
import type { Nerve } from "./nerve.ts";
import { deliverable } from "./orders.ts";
import { error, type Reply } from "./reply.ts";
import { settle } from "./settle.ts";
import { type AgentAttachment, CLOSE, hangUp, say } from "./sockets.ts";

/** What comes from agents by their two ways, a socket and HTTP, and what they are answered. */
export class Lines {
  readonly #nerve: Nerve;
  readonly #door: Door;
  readonly #dialogue: Dialogue;

  constructor(nerve: Nerve, door: Door) {
    this.#nerve = nerve;
    this.#door = door;
    this.#dialogue = new Dialogue(nerve, nerve.wokeMs);
  }

  /** A frame on a socket. */
  async hear(socket: WebSocket, attachment: AgentAttachment, raw: string | ArrayBuffer): Promise<void> {
    const frame = readFrame(raw);
    // What a replaced connection still had to say is said again on the new one. A goodbye is not: it may come with the close behind it.
    if (socket.readyState !== WebSocket.READY_STATE_OPEN && !this.#isGoodbye(frame, attachment.hostId)) return;
    const nowMs = Date.now();
    const host = await this.#lookUp(attachment);
    if (host === "elsewhere") return hangUp(socket, CLOSE.moved, "moved; connect anew");
    if (host === "unknown now") return this.#answer(socket, attachment, this.#notNow(attachment.hostId), nowMs);
    if (host === null || host.version !== attachment.version) return this.cut(socket);
    const reply = this.#hear(host, frame, { socket, speaker: attachment.speaker }, nowMs);
    this.#answer(socket, attachment, reply, nowMs);
    await settle(this.#nerve, nowMs + host.offlineAfterMs);
  }

  /** A socket is closed, or broken. */
  async ended(attachment: AgentAttachment): Promise<void> {
    const host = this.#nerve.store.hosts.get(attachment.hostId);
    // The last of its connections: from now on nothing but the disk remembers when it was heard.
    if (host?.link !== "online" || this.#nerve.sockets.agents(host.id).length > 0) return;
    this.#nerve.writeSeen(host.id, Date.now(), "closed");
    await settle(this.#nerve, Date.now() + host.offlineAfterMs);
  }

  /** Messages of a host that speaks HTTP, and what the cloud has for it, commands included. */
  async post(agent: AgentIdentity, frames: Frame[]): Promise<CloudMessage[]> {
    const nowMs = Date.now();
    const admitted = await this.#door.admit(agent);
    if (admitted === null) return UNAUTHORIZED.messages;
    const answers: CloudMessage[] = [];
    let speaker = speakerOf(admitted);
    for (const frame of frames) {
      const host = this.#nerve.store.hosts.get(agent.hostId) ?? admitted;
      const reply = this.#hear(host, frame, { socket: null, speaker }, nowMs);
      answers.push(...reply.messages);
      if (reply.hangUp !== undefined) return answers;
      speaker = reply.speaker ?? speaker;
    }
    const host = this.#nerve.store.hosts.get(agent.hostId) ?? admitted;
    this.#nerve.heardByHttp(host, nowMs);
    await settle(this.#nerve, nowMs + host.offlineAfterMs);
    return this.#httpAnswer(host.id, answers, nowMs);
  }

  /** Cuts who speaks with a credential that is not in force. */
  cut(socket: WebSocket): void {
    for (const message of UNAUTHORIZED.messages) say(socket, message);
    hangUp(socket, CLOSE.unauthorized, "revoked");
  }

  /** The host; `unknown now` where D1 would have to be asked, and is away. */
  async #lookUp({ organizationId, hostId }: AgentIdentity): Promise<FleetHost | null | "elsewhere" | "unknown now"> {
    try {
      const host = await this.#nerve.tenants.host(organizationId, hostId);
      return this.#nerve.store.isBegun(organizationId) ? host : "elsewhere";
    } catch (cause) {
      if (isElsewhere(cause)) return "elsewhere";
      console.warn("a host could not be looked up in D1", cause);
      return "unknown now";
    }
  }

  #isGoodbye(frame: Frame, hostId: string): boolean {
    const isBye = frame.kind === "message" && frame.message.type === "bye";
    return isBye && this.#nerve.sockets.agents(hostId).length === 0;
  }

  #notNow(hostId: string): Reply {
    this.#dialogue.owes(hostId);
    return error("busy", "the database cannot be reached just now; send it again later", NOT_NOW_MS);
  }

  #hear(host: FleetHost, frame: Frame, line: Line, nowMs: number): Reply {
    if (frame.kind === "message") return this.#dialogue.hear(host, frame.message, line, nowMs);
    this.#dialogue.owes(host.id);
    return frame.reply;
  }

  #answer(socket: WebSocket, attachment: AgentAttachment, reply: Reply, nowMs: number): void {
    const { speaker = attachment.speaker, streams = attachment.streams ?? false } = reply;
    this.#nerve.sockets.heard(socket, attachment, { ...attachment, speaker, streams, heardMs: nowMs });
    for (const message of reply.messages) say(socket, message);
    if (reply.hangUp !== undefined) hangUp(socket, reply.hangUp.code, reply.hangUp.reason);
  }

  #httpAnswer(hostId: string, answers: readonly CloudMessage[], nowMs: number): CloudMessage[] {
    const host = this.#nerve.store.hosts.get(hostId);
    // It moved while D1 was written to: what it is told by its new Fleet counts.
    if (host === undefined) throw new Elsewhere();
    const marks = { held: this.#nerve.store.journal.heldSeq(host), recorded: host.recordedSeq };
    // By now D1 has most of it: one newer mark stands for all that were given on the way.
    const spoken = answers.filter(({ type }) => type !== "ack" && type !== "command");
    const ack: CloudMessage[] = answers.length === 0 ? [] : [{ type: "ack", ...marks }];
    return [...spoken, ...ack, ...this.#nerve.takeSampled(hostId), ...deliverable(this.#nerve, hostId, nowMs)];
  }
}

/** Who speaks over HTTP: whoever said hello to this Fleet. To one that took the host over, it says it once more. */
function speakerOf({ journalId, bootId, line }: FleetHost): Speaker | null {
  return journalId === null || bootId === null || line === undefined ? null : { journalId, bootId };
}

/** A Fleet that knows nothing yet and cannot ask is asked again after so long. */
const NOT_NOW_MS = 10_000;

const UNAUTHORIZED = error(
  "unauthorized",
  "this host's credential was revoked: enrol it again with `afloat enroll --again`",
);
