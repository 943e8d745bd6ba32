import type { CloudMessage } from "@afloat/shared/wire";
import type { HostView } from "../live.ts";
import type { Env } from "../env.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { Allowances } from "./allowances.ts";
import { type Change, isEmpty, messagesOf, noChange, recordsOf, viewOfHost } from "./core/change.ts";
import { hasEnded } from "./core/command-flight.ts";
import { type Entry, type FleetHost, isToldAgain, type OpenIncident, serviceIdOf } from "./core/fleet-types.ts";
import type { Known } from "./core/arrival.ts";
import type { Live } from "./core/overlay.ts";
import { streamMsOf } from "./core/stream-pace.ts";
import { setAsideRecord } from "./core/set-aside-words.ts";
import { ManyElsewhere } from "./many-elsewhere.ts";
import { Recorder } from "./recorder.ts";
import type { Refused } from "./set-aside.ts";
import { Sockets } from "./sockets.ts";
import { FleetStore } from "./store.ts";
import { Tenants } from "./tenants.ts";

/** What every part of the Fleet works on: its disk, its sockets, its way to D1, its alarm. */
export class Nerve {
  readonly store: FleetStore;
  readonly sockets: Sockets;
  readonly recorder: Recorder;
  readonly alarm: AlarmClock;
  /** When this Fleet woke: before that it slept, or was away. */
  readonly wokeMs: number;
  readonly tenants: Tenants;
  readonly allowances: Allowances;
  readonly many: ManyElsewhere;
  /** When each host that speaks HTTP was last heard: newer than what is on disk. */
  readonly #heardMs = new Map<string, number>();
  readonly #sampled = new Map<string, number[]>();

  constructor(ctx: DurableObjectState, env: Env, wokeMs: number) {
    this.wokeMs = wokeMs;
    this.store = new FleetStore(ctx.storage.sql);
    this.sockets = new Sockets(ctx);
    this.alarm = new AlarmClock(ctx.storage);
    this.tenants = new Tenants(env, ctx.id, this);
    this.allowances = new Allowances(this.store);
    this.many = new ManyElsewhere(this, env);
    this.recorder = new Recorder(env, this.store, {
      recorded: (entries) => this.#acknowledge(entries),
      kept: (hostIds) => this.#tellMarks(hostIds),
      refused: (refused) => this.setAside(refused, Date.now()),
    });
  }

  /** Nothing of this organization is left here, and nobody of it is connected. Whoever calls this has brought all of it to D1. */
  forget(organizationId: string): void {
    this.tenants.left(organizationId);
    this.sockets.leave(organizationId);
    this.store.announced.forget(organizationId);
    const hostIds = this.store.forget(organizationId);
    for (const hostId of hostIds) {
      this.#heardMs.delete(hostId);
      this.#sampled.delete(hostId);
    }
    this.allowances.forget([...hostIds, organizationId]);
  }

  /** What the Fleet knows of an organization at this moment, newer than D1. */
  live(organizationId: string): Live {
    const hosts = [...this.store.hosts.values()].filter((host) => host.organizationId === organizationId);
    const ids = new Set(hosts.map(({ id }) => id));
    return {
      hosts: hosts.filter(({ version }) => version !== null).map((host) => this.viewOf(host)),
      incidents: [...this.store.incidents.values()].filter(({ view }) => ids.has(view.hostId)),
      commands: [...this.store.commands.values()].filter((command) => command.organizationId === organizationId),
      pending: this.store.journal.pending.filter(({ hostId }) => ids.has(hostId)),
      setAside: this.store.aside.view(organizationId),
      maintenance: this.store.announced.of(organizationId),
    };
  }

  /** All that a decision about this host may look at. */
  known(host: FleetHost): Known {
    return {
      host,
      journalId: host.journalId ?? "none",
      services: this.store.services(host.id),
      // One about many hosts only stands at this one.
      incidents: [...this.store.incidents.values()].filter(
        ({ view, many }) => view.hostId === host.id && many === undefined,
      ),
      commands: this.store.commands,
      maintenance: this.store.announced.of(host.organizationId),
    };
  }

  /**
   * Carries a change out: on disk first, then shown to whoever looks, and held for D1. All of it in one go, so that an
   * eviction leaves all of it or nothing: what a host tells again may be in memory alone while D1 takes it at once. `mark`: the host's journal up to which this reaches.
   */
  commit(hostId: string, change: Change, mark: Entry["mark"], nowMs: number): FleetHost | null {
    const before = this.store.host(hostId);
    if (before === undefined) return null;
    if (isEmpty(change) && mark === null) return before;
    const host = this.#patched(before, change, mark);
    if (change.services.size + change.removed.size > 0) this.store.changeServices(host, change);
    for (const turn of change.incidents) this.#turnIncident(turn);
    for (const command of change.commands.values()) {
      if (hasEnded(command)) this.store.removeCommand(command.id);
      else this.store.putCommand(command);
    }
    const position = this.store.journal.nextPosition(nowMs);
    const entry: Entry = { position, hostId, mark, patch: change.patch, records: recordsOf(change, nowMs) };
    this.store.journal.hold(entry, isToldAgain(entry) && this.recorder.takesAtOnce(hostId));
    if (this.sockets.isWatched(host.organizationId)) {
      this.sockets.show(host.organizationId, messagesOf(host, this.lastSeenMs(host), change));
    }
    return host;
  }

  /** The newest sign of a host: a ping that the platform answered, a message, or what is on disk. */
  heardMs(host: FleetHost, sockets = this.sockets.agents(host.id)): number {
    const ofSockets = sockets.map(({ heardMs }) => heardMs);
    return Math.max(host.lastSeenMs ?? 0, this.#heardMs.get(host.id) ?? 0, ...ofSockets);
  }

  /** For people: when a host was last heard; null for one that never spoke. */
  lastSeenMs(host: FleetHost): number | null {
    const heardMs = this.heardMs(host);
    return heardMs === 0 ? null : heardMs;
  }

  /** A message over HTTP. Written at most every third of the deadline, since each writing is paid for. */
  heardByHttp(host: FleetHost, nowMs: number): void {
    this.#heardMs.set(host.id, nowMs);
    const isWritten = host.line === "http" && nowMs - (host.lastSeenMs ?? 0) < host.offlineAfterMs / 3;
    if (!isWritten) this.writeSeen(host.id, nowMs, "http");
  }

  /** When the host was last heard over HTTP since the Fleet woke; null for never. */
  httpHeardMs(hostId: string): number | null {
    return this.#heardMs.get(hostId) ?? null;
  }

  writeSeen(hostId: string, atMs: number, line: "closed" | "http"): void {
    const host = this.store.hosts.get(hostId);
    if (host !== undefined) this.store.putHost({ ...host, lastSeenMs: atMs, line });
  }

  /** It speaks by this way from now on. Written only where it is another: that a socket is lost is told by what was written. */
  connected(hostId: string, line: "socket" | "http"): void {
    const host = this.store.hosts.get(hostId);
    if (host === undefined || (host.line === line && (host.excuses ?? 0) === 0)) return;
    this.store.putHost({ ...host, line, excuses: 0 });
    const { services: _services, ...view } = this.viewOf({ ...host, excuses: 0 });
    this.sockets.show(host.organizationId, [{ type: "host", host: view }]);
  }

  /** Keeps what cannot be recorded, and tells: in the audit log, and on the dashboard of whoever can mend it. */
  setAside(refused: readonly Refused[], nowMs: number): void {
    this.store.aside.put(refused, nowMs);
    for (const hostId of new Set(refused.map((each) => each.hostId))) {
      const ours = refused.filter((each) => each.hostId === hostId);
      const { why = "", organizationId = "" } = ours[0] ?? {};
      console.error(`set aside ${ours.length} of host ${hostId}: ${why}`);
      this.commit(hostId, { ...noChange(), written: [setAsideRecord(hostId, ours.length, why, nowMs)] }, null, nowMs);
      const { at } = this.store.shardOf(organizationId);
      this.sockets.show(organizationId, [{ type: "set-aside", setAside: this.store.aside.view(organizationId), at }]);
    }
  }

  /** How often each host of an organization says what its services use while somebody looks, milliseconds: about so many there are. */
  streamMs(organizationId: string): number {
    return streamMsOf(this.store.hosts.size * this.store.shardOf(organizationId).of);
  }

  /** Asks every host of an organization that is there to say what its services use; 0 for no more. */
  askToStream(organizationId: string, everyMs = this.streamMs(organizationId)): void {
    for (const host of this.store.hosts.values()) {
      if (host.organizationId === organizationId && host.link === "online") this.sockets.askToStream(host.id, everyMs);
    }
  }

  /** A host with its services, as it is this moment. */
  viewOf(host: FleetHost): HostView {
    const services = [...this.store.services(host.id).values()].map(({ snapshot }) => ({
      id: serviceIdOf(host.id, snapshot.name),
      snapshot,
    }));
    return { ...viewOfHost(host, this.lastSeenMs(host)), services };
  }

  #patched(before: FleetHost, change: Change, mark: Entry["mark"]): FleetHost {
    if (Object.keys(change.patch).length === 0) return before;
    const host = { ...before, ...change.patch };
    // Another journal: what is recorded of it begins where hello says that it does.
    const isNew = host.journalId !== before.journalId;
    const recordedSeq = isNew && mark !== null ? mark.seq : before.recordedSeq;
    this.store.putHost({ ...host, recordedSeq });
    return { ...host, recordedSeq };
  }

  #turnIncident(turn: Change["incidents"][number]): void {
    const { view, subjectId, untold, many } = turn;
    const incident: OpenIncident = { view, subjectId, untold, many };
    if (turn.kind === "closed") this.store.removeIncident(incident);
    else this.store.putIncident(incident);
  }

  /** Hours of a host that were recorded since this was asked last, for its next answer over HTTP. */
  takeSampled(hostId: string): CloudMessage[] {
    const hours = this.#sampled.get(hostId) ?? [];
    this.#sampled.delete(hostId);
    return hours.map((hourMs) => ({ type: "sampled", hourMs }));
  }

  #acknowledge(entries: readonly Entry[]): void {
    for (const { hostId, records } of entries) {
      for (const record of records) if (record.kind === "sample") this.#tellSampled(hostId, record.hourMs);
    }
    this.#tellMarks(new Set(entries.filter((entry) => entry.mark !== null).map((entry) => entry.hostId)));
  }

  #tellMarks(hostIds: Iterable<string>): void {
    for (const hostId of hostIds) {
      const host = this.store.hosts.get(hostId);
      if (host === undefined) continue;
      this.sockets.tell(hostId, { type: "ack", held: this.store.journal.heldSeq(host), recorded: host.recordedSeq });
    }
  }

  #tellSampled(hostId: string, hourMs: number): void {
    if (this.sockets.agents(hostId).length > 0) this.sockets.tell(hostId, { type: "sampled", hourMs });
    else this.#sampled.set(hostId, [...(this.#sampled.get(hostId) ?? []), hourMs]);
  }
}
