import { DurableObject } from "cloudflare:workers";
import { type CloudMessage, PING, PONG } from "@afloat/shared/wire";
import type { Env } from "../env.ts";
import type { FleetLateness } from "../heartbeats/core/chain.ts";
import type { CommandView, LiveMessage } from "../live.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import type { SilentPart } from "./core/many-parts.ts";
import { Door } from "./door.ts";
import { isElsewhere } from "./elsewhere.ts";
import type { Frame } from "./frame.ts";
import type { AgentIdentity } from "./identity.ts";
import { latenessOf } from "./lateness.ts";
import { type LetGo, letGo } from "./let-go.ts";
import { Lines } from "./lines.ts";
import { takeMaintenance } from "./maintained.ts";
import { Nerve } from "./nerve.ts";
import { type CommandOrder, takeOrder } from "./orders.ts";
import { type Mended, reconcile } from "./reconcile.ts";
import { part, partWithRemoved } from "./removed-hosts.ts";
import type { AsideRow } from "./set-aside.ts";
import { hangUp } from "./sockets.ts";
import { settle } from "./settle.ts";
import { nextDueAtLastMs, sweep } from "./watch.ts";

/**
 * The nerve of an organization, of one part of it, or of all that share a cell: live sockets, deadlines, commands in flight, and what D1 does not hold yet.
 * It fails with Elsewhere, and does nothing, where it is asked about an organization or a host that it does not look after. While a deploy goes on,
 * Workers of before and after it call it: what it is called with may only grow.
 */
export class Fleet extends DurableObject<Env> {
  readonly #nerve: Nerve;
  readonly #door: Door;
  readonly #lines: Lines;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#nerve = new Nerve(ctx, env, Date.now());
    this.#door = new Door(this.#nerve, env.DB);
    this.#lines = new Lines(this.#nerve, this.#door);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    void ctx.blockConcurrencyWhile(() => this.#nerve.alarm.read());
  }

  /** Upgrades, handed over by the Worker (fleet-for.ts), which has proved who it is. */
  override fetch(request: Request): Promise<Response> {
    return this.#door.open(request);
  }

  override async webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): Promise<void> {
    const attachment = this.#nerve.sockets.read(socket);
    if (attachment.kind === "viewer") this.#nerve.sockets.hasSeen(socket, raw);
    else await this.#lines.hear(socket, attachment, raw);
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    const attachment = this.#nerve.sockets.read(socket);
    // The platform does not answer a close by itself: without ours, the other end waits for it.
    hangUp(socket, 1000, "");
    if (attachment.kind === "agent") return this.#lines.ended(attachment);
    const { organizationId } = attachment;
    // When nobody looks, hosts need not say what only eyes are for.
    if (!this.#nerve.sockets.isWatched(organizationId, socket)) this.#nerve.askToStream(organizationId, 0);
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
      await this.#nerve.many.see(Date.now());
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
        await this.#nerve.tenants.begin(id);
      } catch (error) {
        if (!isElsewhere(error)) throw error;
      }
    }
    await this.#nerve.alarm.read();
    const dueMs = nextDueAtLastMs(this.#nerve, Date.now(), { failed: false });
    return { mended: dueMs !== null && (await this.#nerve.alarm.want(dueMs)) };
  }

  /** How far it is behind with an organization, for whoever vouches that alerts work; an alarm that was lost is set again first. */
  async lateness(organizationId: string): Promise<FleetLateness> {
    await this.#nerve.tenants.answersFor(organizationId);
    await this.wake([]);
    const alarmMs = await this.ctx.storage.getAlarm();
    return latenessOf(this.#nerve, organizationId, { alarmMs, nowMs: Date.now() });
  }

  /** The organization was moved here, or its move was called off: whom it must know is known from now on. */
  async takeOver(organizationId: string): Promise<void> {
    await this.#nerve.tenants.takeOver(organizationId);
    await partWithRemoved(this.#nerve, this.env.DB, organizationId);
    await settle(this.#nerve, null);
  }

  /** The organization is to be moved: see let-go.ts. */
  letGo(organizationId: string): Promise<LetGo> {
    return letGo(this.#nerve, organizationId);
  }

  /** Some of what was set aside of an organization, the oldest after `after`; `last` is null where there is no more. It is moved: see move.ts. */
  asideOf(organizationId: string, after: number): { rows: AsideRow[]; last: number | null } {
    return this.#nerve.store.aside.rows(organizationId, after);
  }

  /** Keeps what another Fleet set aside; what is here already stays as it is. */
  keepAside(rows: AsideRow[]): void {
    this.#nerve.store.aside.keep(rows);
  }

  /** It is with another Fleet now. */
  dropAside(organizationId: string): void {
    this.#nerve.store.aside.drop(organizationId);
  }

  /** Another Fleet of the organization misses many hosts at once: this one tells of all of them. */
  async gather(organizationId: string, part: SilentPart): Promise<void> {
    await this.#nerve.tenants.begin(organizationId);
    this.#nerve.many.gather(organizationId, part, Date.now());
    // It is on this disk: who hands it over need not wait for D1.
    this.ctx.waitUntil(settle(this.#nerve, null));
  }

  /** Messages of a host that speaks HTTP, and what the cloud has for it, commands included. */
  post(agent: AgentIdentity, frames: Frame[]): Promise<CloudMessage[]> {
    return this.#lines.post(agent, frames);
  }

  /** Sends a command to its host, and sees it to its end. Answers how it stands now. Ordered twice, it is one. */
  command(order: CommandOrder): Promise<CommandView> {
    return takeOrder(this.#nerve, order);
  }

  /** Loads a host from D1 (new, renamed, or otherwise changed there) and shows it to whoever is looking. */
  async introduce({ organizationId, id }: { organizationId: string; id: string }): Promise<void> {
    const host = await this.#nerve.tenants.reload(organizationId, id);
    if (host === null) return;
    const { services: _services, ...view } = this.#nerve.viewOf(host);
    this.#nerve.sockets.show(organizationId, [{ type: "host", host: view }]);
    // It may have the tag of what was announced before it was there.
    await takeMaintenance(this.#nerve, organizationId);
  }

  /** Somebody announced maintenance of the organization, moved it or called it off. D1 is written before by whoever calls. */
  async maintain(organizationId: string): Promise<void> {
    if (await takeMaintenance(this.#nerve, organizationId)) {
      await this.#nerve.recorder.flush();
      await settle(this.#nerve, nextDueAtLastMs(this.#nerve, Date.now(), { failed: false }));
    }
  }

  /**
   * From now on only credentials of `version` are let in; null lets in none, and takes the host off the dashboards. Cuts what is connected
   * with another. D1 is written before by whoever calls. `organizationId`: whose host it is; absent from a Worker of before a deploy.
   */
  async revoke(hostId: string, version: number | null, organizationId?: string): Promise<void> {
    if (organizationId !== undefined) await this.#nerve.tenants.answersFor(organizationId);
    const host = await this.#hostOf(hostId, organizationId);
    if (host === null || host.organizationId !== (organizationId ?? host.organizationId)) return;
    this.#nerve.store.putHost({ ...host, version });
    for (const { socket, attachment } of this.#nerve.sockets.agents(hostId)) {
      if (attachment.version !== version) this.#lines.cut(socket);
    }
    if (version !== null) return;
    part(this.#nerve, hostId, Date.now());
    await settle(this.#nerve, null);
  }

  /** How many dashboards of an organization are open; none for a Worker of before a deploy, which does not say of which. */
  async watchers(organizationId?: string): Promise<number> {
    if (organizationId === undefined) return 0;
    await this.#nerve.tenants.answersFor(organizationId);
    return this.#nerve.sockets.watchers(organizationId);
  }

  /** Shows everyone who looks at the organization what somebody else changed: who was told of an incident, for one. */
  async show(organizationId: string, messages: LiveMessage[]): Promise<void> {
    await this.#nerve.tenants.answersFor(organizationId);
    this.#nerve.sockets.show(organizationId, messages);
  }

  /** Hangs up on a person who signed out or left the organization. */
  async dismiss(organizationId: string, userId: string): Promise<void> {
    this.#nerve.sockets.dismiss(organizationId, userId);
    await this.#nerve.tenants.answersFor(organizationId);
  }

  /** Sees that Fleet and D1 agree about an organization, and mends what does not. Answers what it mended; writes nothing else. */
  async reconcile(organizationId: string): Promise<Mended> {
    const mended = await reconcile(this.#nerve, this.env.DB, organizationId);
    await settle(this.#nerve, null);
    return mended;
  }

  /** The host, from D1 where it was not known: one whose silence was told may have open incidents there. */
  async #hostOf(hostId: string, organizationId: string | undefined): Promise<FleetHost | null> {
    const known = this.#nerve.store.hosts.get(hostId);
    if (known !== undefined || organizationId === undefined) return known ?? null;
    return this.#nerve.tenants.host(organizationId, hostId);
  }

  /** For the bill and for whoever looks after it: rows written since it woke, here and in D1, what waits for D1, what D1 refused. */
  figures(): Figures {
    const { store, alarm, recorder } = this.#nerve;
    return {
      rowsWritten: store.rowsWritten + alarm.settings,
      databaseRowsWritten: recorder.rowsWritten,
      pending: store.journal.pending.length,
      isWriting: recorder.isWriting,
      setAside: store.aside.count(),
    };
  }
}

interface Figures {
  rowsWritten: number;
  databaseRowsWritten: number;
  pending: number;
  /** Is some of it on its way to D1? Else it waits to be tried again. */
  isWriting: boolean;
  setAside: number;
}
