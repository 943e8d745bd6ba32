import { DurableObject } from "cloudflare:workers";
import type { Verb } from "@afloat/shared/domain";
import { type CloudMessage, PING, PONG } from "@afloat/shared/wire";
import type { Env } from "../env.ts";
import type { CommandView, FleetView, LiveMessage } from "../live.ts";
import { takeStep, viewOfCommand } from "./core/command-flight.ts";
import type { FleetHost, FlyingCommand } from "./core/fleet-types.ts";
import { overlay } from "./core/overlay.ts";
import { Dialogue } from "./dialogue.ts";
import { type Line, STREAM_MS } from "./greeting.ts";
import { deliverable, messageOf } from "./orders.ts";
import { error, type Reply } from "./reply.ts";
import { Elsewhere, isElsewhere, MISDIRECTED } from "./elsewhere.ts";
import { type LetGo, letGo } from "./let-go.ts";
import { type AgentIdentity, IDENTITY_HEADER, type ViewerIdentity } from "./identity.ts";
import { readFleetView } from "./fleet-view.ts";
import { type Frame, readFrame } from "./frame.ts";
import { heldIncidentsDueMs, takeMaintenance } from "./maintained.ts";
import { Nerve } from "./nerve.ts";
import { type Mended, reconcile } from "./reconcile.ts";
import { type AgentAttachment, CLOSE, hangUp, say } from "./sockets.ts";
import { standingDueMs } from "./standing.ts";
import { nextDueAtLastMs, sweep } from "./watch.ts";

/** A command that a person ordered. Its D1 row and the audit line are written before the Fleet is told. */
export interface CommandOrder {
  id: string;
  organizationId: string;
  hostId: string;
  service: string;
  verb: Verb;
  /** Shown on the host and on the dashboard. */
  by: string;
  /** Who is shown lines of output, where they are asked for. */
  byUserId?: string;
  createdMs: number;
  expiresMs: number;
}

/** The nerve of an organization, or of all that share a cell: live sockets, deadlines, commands in flight, and what D1 does not hold yet. */
export class Fleet extends DurableObject<Env> {
  readonly #nerve: Nerve;
  readonly #dialogue: Dialogue;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#nerve = new Nerve(ctx, env, Date.now());
    this.#dialogue = new Dialogue(this.#nerve, this.#nerve.wokeMs);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    void ctx.blockConcurrencyWhile(() => this.#nerve.alarm.read());
  }

  /** Upgrades, handed over by the Worker (fleet-for.ts), which has proved who it is. */
  override async fetch(request: Request): Promise<Response> {
    const identity: ({ kind: "agent" } & AgentIdentity) | ({ kind: "viewer" } & ViewerIdentity) = JSON.parse(
      request.headers.get(IDENTITY_HEADER) ?? "null",
    );
    try {
      return await (identity.kind === "agent" ? this.#letAgentIn(identity) : this.#letViewerIn(identity));
    } catch (error) {
      if (isElsewhere(error)) return new Response(null, { status: MISDIRECTED });
      throw error;
    }
  }

  override async webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): Promise<void> {
    const attachment = this.#nerve.sockets.read(socket);
    if (attachment.kind === "viewer") return this.#nerve.sockets.hasSeen(socket, raw);
    const frame = readFrame(raw);
    // What a replaced connection still had to say is said again on the new one. A goodbye is not: it may come with the close behind it.
    if (socket.readyState !== WebSocket.READY_STATE_OPEN && !this.#isGoodbye(frame, attachment.hostId)) return;
    const nowMs = Date.now();
    const host = await this.#lookUp(attachment);
    if (host === "elsewhere") return hangUp(socket, CLOSE.moved, "moved; connect anew");
    if (host === "unknown now") return this.#answer(socket, attachment, this.#notNow(attachment.hostId), nowMs);
    if (host === null || host.version !== attachment.version) return this.#cut(socket);
    const reply = this.#hear(host, frame, { socket, speaker: attachment.speaker }, nowMs);
    this.#answer(socket, attachment, reply, nowMs);
    await this.#settle(nowMs + host.offlineAfterMs);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const attachment = this.#nerve.sockets.read(socket);
    // The platform does not answer a close by itself: without ours, the other end waits for it.
    hangUp(socket, 1000, "");
    if (attachment.kind !== "agent") return this.#viewerLeft(socket, attachment.organizationId);
    const host = this.#nerve.store.hosts.get(attachment.hostId);
    // The last of its connections: from now on nothing but the disk remembers when it was heard.
    if (host?.link !== "online" || this.#nerve.sockets.agents(host.id).length > 0) return;
    this.#nerve.writeSeen(host.id, Date.now(), "closed");
    await this.#settle(Date.now() + host.offlineAfterMs);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.webSocketClose(socket);
  }

  override async alarm(): Promise<void> {
    this.#nerve.alarm.rang();
    let swept = { failed: true };
    try {
      swept = sweep(this.#nerve, Date.now());
      await this.#nerve.recorder.flush();
    } finally {
      // Last, and whatever happened: an alarm that is not set again is never heard again.
      const dueMs = nextDueAtLastMs(this.#nerve, Date.now(), swept);
      if (dueMs !== null) await this.#nerve.alarm.want(dueMs);
    }
  }

  /**
   * Sees that the alarm is set where something may fall due: the platform promises to ring it, and this is for the day on which it was
   * lost all the same. Answers whether it had to be set. Organizations that have left meanwhile are passed over.
   */
  async wake(organizations: string | readonly string[]): Promise<{ mended: boolean }> {
    for (const id of typeof organizations === "string" ? [organizations] : organizations) {
      try {
        await this.#nerve.begin(id);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
      }
    }
    await this.#nerve.alarm.read();
    const dueMs = nextDueAtLastMs(this.#nerve, Date.now(), { failed: false });
    return { mended: dueMs !== null && (await this.#nerve.alarm.want(dueMs)) };
  }

  /** Messages of a host that speaks HTTP, and what the cloud has for it, commands included. */
  async post(agent: AgentIdentity, frames: Frame[]): Promise<CloudMessage[]> {
    const nowMs = Date.now();
    const admitted = await this.#admit(agent);
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
    await this.#settle(nowMs + host.offlineAfterMs);
    return this.#httpAnswer(host.id, answers, nowMs);
  }

  /** Sends a command to its host, and sees it to its end. Answers how it stands now. Ordered twice, it is one. */
  async command(order: CommandOrder): Promise<CommandView> {
    const { id, organizationId, hostId, service, verb, by, byUserId, expiresMs } = order;
    const known = this.#nerve.store.commands.get(id);
    if (known !== undefined) return viewOfCommand(known);
    const queued: FlyingCommand = {
      ...{ id, organizationId, hostId, service, verb, by, expiresMs },
      ...(byUserId === undefined ? {} : { byUserId }),
      grantedMs: null,
      steps: [{ step: "queued", atMs: order.createdMs, detail: "" }],
    };
    const nowMs = Date.now();
    const host = await this.#nerve.host(organizationId, hostId);
    if (host === null || host.version === null) {
      return viewOfCommand(takeStep(queued, "refused", nowMs, "this host is not enrolled any more") ?? queued);
    }
    this.#nerve.store.putCommand(queued);
    this.#nerve.sockets.show(organizationId, [{ type: "command", command: viewOfCommand(queued) }]);
    this.#nerve.sockets.tell(hostId, messageOf(queued, nowMs));
    await this.#nerve.alarm.want(expiresMs);
    return viewOfCommand(queued);
  }

  /** Loads a host from D1 (new, renamed, or otherwise changed there) and shows it to whoever is looking. */
  async introduce({ organizationId, id }: { organizationId: string; id: string }): Promise<void> {
    const host = await this.#nerve.reload(organizationId, id);
    if (host === null) return;
    const { services: _services, ...view } = this.#nerve.viewOf(host);
    this.#nerve.sockets.show(organizationId, [{ type: "host", host: view }]);
    // It may have the tag of what was announced before it was there.
    await takeMaintenance(this.#nerve, organizationId);
  }

  /**
   * From now on only credentials of `version` are let in; null lets in none, and takes the host off the dashboards. Cuts
   * what is connected with another. D1 is written before by whoever calls.
   */
  async revoke(hostId: string, version: number | null, organizationId: string): Promise<void> {
    await this.#nerve.begin(organizationId);
    const host = this.#nerve.store.hosts.get(hostId);
    if (host?.organizationId !== organizationId) return;
    this.#nerve.store.putHost({ ...host, version });
    for (const { socket, attachment } of this.#nerve.sockets.agents(hostId)) {
      if (attachment.version !== version) this.#cut(socket);
    }
    if (version !== null) return;
    this.#dialogue.part(hostId, Date.now());
    this.#nerve.sockets.show(host.organizationId, [{ type: "host-removed", hostId }]);
    await this.#settle(null);
  }

  /** How many dashboards of an organization are open. */
  watchers(organizationId: string): number {
    return this.#nerve.sockets.watchers(organizationId);
  }

  /** The organization is to be moved: see let-go.ts. */
  letGo(organizationId: string): Promise<LetGo> {
    return letGo(this.#nerve, organizationId);
  }

  /** Somebody announced maintenance of the organization, moved it or called it off. D1 is written before by whoever calls. */
  async maintain(organizationId: string): Promise<void> {
    if (await takeMaintenance(this.#nerve, organizationId)) {
      await this.#nerve.recorder.flush();
      await this.#settle(nextDueAtLastMs(this.#nerve, Date.now(), { failed: false }));
    }
  }

  /** Shows everyone who looks at the organization what somebody else changed: who was told of an incident, for one. */
  show(organizationId: string, messages: LiveMessage[]): void {
    this.#nerve.sockets.show(organizationId, messages);
  }

  /** Hangs up on a person who signed out or left the organization. */
  dismiss(organizationId: string, userId: string): void {
    this.#nerve.sockets.dismiss(organizationId, userId);
  }

  /** Sees that Fleet and D1 agree about an organization, and mends what does not. Answers what it mended; writes nothing else. */
  async reconcile(organizationId: string): Promise<Mended> {
    const mended = await reconcile(this.#nerve, this.env.DB, organizationId);
    await this.#settle(null);
    return mended;
  }

  /** For the bill and for whoever looks after it: rows written since it woke, here and in D1, what waits for D1, what D1 refused. */
  figures(): { rowsWritten: number; databaseRowsWritten: number; pending: number; setAside: number } {
    const { store, alarm, recorder } = this.#nerve;
    return {
      rowsWritten: store.rowsWritten + alarm.settings,
      databaseRowsWritten: recorder.rowsWritten,
      pending: store.journal.pending.length,
      setAside: store.aside.count(),
    };
  }

  async #letAgentIn(agent: AgentIdentity): Promise<Response> {
    if ((await this.#admit(agent)) === null) {
      const message = "this host's credential is not in force any more: enrol it again with `afloat enroll --again`";
      return Response.json({ error: { code: "revoked", message } }, { status: 401 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    const { organizationId, hostId, version } = agent;
    this.#nerve.sockets.acceptAgent(server, { organizationId, hostId, version }, Date.now());
    return new Response(null, { status: 101, webSocket: client });
  }

  async #letViewerIn({ organizationId, userId }: ViewerIdentity): Promise<Response> {
    const { departures } = this.#nerve;
    const recorded = await this.#recordedView(organizationId);
    if (departures !== this.#nerve.departures) throw new Elsewhere();
    // From here on without a pause: what changes now is pushed after the whole, never before it.
    const { 0: client, 1: server } = new WebSocketPair();
    const isFirst = !this.#nerve.sockets.isWatched(organizationId);
    const whole: LiveMessage = { type: "fleet", fleet: overlay(recorded, this.#nerve.live(organizationId)) };
    this.#nerve.sockets.acceptViewer(server, { organizationId, userId }, whole, Date.now());
    if (isFirst) this.#nerve.askToStream(organizationId, STREAM_MS);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** When nobody looks, hosts need not say what only eyes are for. */
  #viewerLeft(socket: WebSocket, organizationId: string): void {
    if (!this.#nerve.sockets.isWatched(organizationId, socket)) this.#nerve.askToStream(organizationId, 0);
  }

  async #recordedView(organizationId: string): Promise<FleetView> {
    try {
      await this.#nerve.begin(organizationId);
      return await readFleetView(this.env.DB, organizationId, Date.now());
    } catch (cause) {
      // D1 is away: the Fleet shows what it knows by itself, which is what is open now.
      if (isElsewhere(cause)) throw cause;
      console.warn("a dashboard opened without D1", cause);
      return { hosts: [], incidents: [], commands: [] };
    }
  }

  /** The host, if this credential is in force; asks D1 where the credential is newer than what the Fleet knows. */
  async #admit({ organizationId, hostId, version }: AgentIdentity): Promise<FleetHost | null> {
    const known = await this.#nerve.host(organizationId, hostId);
    const outdated = known !== null && known.version !== null && version > known.version;
    const host = outdated ? await this.#nerve.reload(organizationId, hostId) : known;
    return host?.version === version ? host : null;
  }

  /** The host; `unknown now` where D1 would have to be asked, and is away. */
  async #lookUp({ organizationId, hostId }: AgentIdentity): Promise<FleetHost | null | "elsewhere" | "unknown now"> {
    try {
      return await this.#nerve.host(organizationId, hostId);
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
    const marks =
      host === undefined ? null : { held: this.#nerve.store.journal.heldSeq(host), recorded: host.recordedSeq };
    // By now D1 has most of it: one newer mark stands for all that were given on the way.
    const spoken = answers.filter(({ type }) => type !== "ack" && type !== "command");
    const ack: CloudMessage[] = marks === null || answers.length === 0 ? [] : [{ type: "ack", ...marks }];
    return [...spoken, ...ack, ...this.#nerve.takeSampled(hostId), ...deliverable(this.#nerve, hostId, nowMs)];
  }

  #cut(socket: WebSocket): void {
    for (const message of UNAUTHORIZED.messages) say(socket, message);
    hangUp(socket, CLOSE.unauthorized, "revoked");
  }

  /** What every entry ends with: the deadline is set, and what is held goes to D1. */
  async #settle(dueMs: number | null): Promise<void> {
    const standing = [...standingDueMs(this.#nerve, Date.now()), ...heldIncidentsDueMs(this.#nerve)];
    const dues = [dueMs, ...standing].filter((each) => each !== null);
    if (dues.length > 0) await this.#nerve.alarm.want(Math.min(...dues));
    await this.#nerve.recorder.flush();
    const { retryAtMs } = this.#nerve.recorder;
    if (retryAtMs !== null) await this.#nerve.alarm.want(retryAtMs);
  }
}

function speakerOf({ journalId, bootId }: FleetHost): { journalId: string; bootId: string } | null {
  return journalId === null || bootId === null ? null : { journalId, bootId };
}

/** A Fleet that knows nothing yet and cannot ask is asked again after so long. */
const NOT_NOW_MS = 10_000;

const UNAUTHORIZED = error(
  "unauthorized",
  "this host's credential was revoked: enrol it again with `afloat enroll --again`",
);
