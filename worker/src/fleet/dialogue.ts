import { agreeOn } from "@afloat/shared/core/protocol-version";
import {
  type AgentMessage,
  type CloudMessage,
  type Hello,
  type JournalEvent,
  PROTOCOL,
  type ServiceUse,
} from "@afloat/shared/wire";
import { decideArrival, decideReconcile, type Known } from "./core/arrival.ts";
import { JOURNAL_LIMIT_BYTES, ORGANIZATION_SERVICES } from "./core/caps.ts";
import { byOurClock, decideCatchUp } from "./core/catch-up.ts";
import { noChange } from "./core/change.ts";
import { decideClaim, isDeliverable, isTailAwaited } from "./core/command-flight.ts";
import type { FleetHost, FlyingCommand } from "./core/fleet-types.ts";
import { decideLink, knownFromMs, patchOf } from "./core/link-change.ts";
import { HEARTBEAT_MS, isInUseElsewhere, type Speaker } from "./core/liveness.ts";
import { continuing, firstOf, type Numbered, recordedOf } from "./core/marks.ts";
import type { Heard, Unreadable } from "./frame.ts";
import type { Nerve } from "./nerve.ts";
import { isHourOfOurs } from "./core/sample-slot.ts";
import { error, type Reply, tooFarApart } from "./reply.ts";
import { CLOSE, hangUp } from "./sockets.ts";

/** How often hosts say what their services use while somebody looks, milliseconds. */
export const STREAM_MS = 5_000;

/** The way a message came: a socket, or null for HTTP; and who has said hello on it. */
export interface Line {
  socket: WebSocket | null;
  speaker: Speaker | null;
}

/** What the Fleet answers an agent, message by message; the same over the socket and over HTTP. */
export class Dialogue {
  readonly #nerve: Nerve;
  /** Machines that were refused as second ones since the Fleet woke: written down once. */
  readonly #refused = new Set<string>();
  readonly #wokeMs: number;
  /** Hosts that were told to send something again: what they had sent behind it comes with a hole before it. */
  readonly #owing = new Set<string>();

  constructor(nerve: Nerve, wokeMs: number) {
    this.#nerve = nerve;
    this.#wokeMs = wokeMs;
  }

  hear(host: FleetHost, message: Heard, line: Line, nowMs: number): Reply {
    if (message.type === "hello") return this.#hearHello(host, byOurClock(message, nowMs), line, nowMs);
    if (line.speaker === null || line.speaker.journalId !== host.journalId) return HELLO_FIRST;
    // Whoever speaks is not silent; who said goodbye comes back with hello.
    if (host.link === "silent") this.#link(host, "online", nowMs);
    switch (message.type) {
      case "events":
        return this.#hearEvents(host, message.events, nowMs);
      case "beat":
        if (message.journalId !== host.journalId || message.runId !== host.runId) return HELLO_FIRST;
        return { messages: [this.#ack(host)] };
      case "claim":
        return this.#hearClaim(host, message.command, nowMs);
      case "measures":
        return this.#hearMeasures(host, message.services);
      case "sample":
        return this.#hearSample(host, message, nowMs);
      case "tail":
        return this.#hearTail(host, message, nowMs);
      case "bye":
        if (message.planned) this.#link(host, "away", nowMs);
        return { messages: [] };
    }
  }

  /** Something of this host was refused, or could not be taken just now, and comes again. */
  owes(hostId: string): void {
    this.#owing.add(hostId);
  }

  /** Commands that the host may still be handed. Handed twice, it knows them by their id. */
  deliverable(hostId: string, nowMs: number): CloudMessage[] {
    return [...this.#nerve.store.commands.values()]
      .filter((command) => command.hostId === hostId && isDeliverable(command, nowMs))
      .map((command) => messageOf(command, nowMs));
  }

  /** A host that is no longer one of ours: its silence is no alarm, its open incidents are over, and nobody is told. */
  part(hostId: string, nowMs: number): void {
    const host = this.#nerve.store.hosts.get(hostId);
    if (host === undefined) return;
    const left = host.link === "online" ? this.#link(host, "away", nowMs) : host;
    const change = noChange();
    for (const incident of this.#nerve.known(left).incidents) {
      change.incidents.push({ kind: "closed", ...incident, atMs: nowMs, tell: false });
    }
    this.#nerve.commit(hostId, change, null, nowMs);
  }

  #hearHello(host: FleetHost, hello: Hello, line: Line, nowMs: number): Reply {
    const agreement = agreeOn(PROTOCOL, hello.protocol);
    if (agreement.kind === "too-far") return tooFarApart(hello.protocol, agreement.older);
    const speaker = { journalId: hello.journalId, bootId: hello.bootId };
    if (this.#isTaken(host, speaker, line, nowMs)) return this.#refuse(host, hello, nowMs);
    this.#replaceOthers(host.id, line);
    this.#owing.delete(host.id);

    const recorded = recordedOf(host, hello);
    const patch = patchOf(host, hello);
    const begins = patch.journalId !== undefined || recorded > host.recordedSeq;
    const mark = begins ? { journalId: hello.journalId, seq: recorded } : null;
    const change = { ...noChange(), patch };
    const since = knownFromMs(host, hello, nowMs);
    const greeted = this.#nerve.commit(host.id, change, mark, nowMs) ?? host;
    const online = this.#link(greeted, "online", nowMs, since === null ? {} : { knownFromMs: since });

    const held = Math.max(this.#nerve.store.journal.heldSeq(online), recorded);
    // With events still to come, they tell it in order; without, hello is the newest there is. One that knows of fewer than
    // are held is said over again by somebody on the way, or its journal is begun anew in a moment.
    if (hello.lastSeq === held || begins) this.#reconcile(online, hello, held, nowMs);
    this.#expect(online, hello, held, nowMs);
    const welcome: CloudMessage = {
      type: "welcome",
      protocol: agreement.protocol,
      held,
      recorded,
      heartbeatMs: HEARTBEAT_MS,
      clockMs: nowMs,
      ...{ samples: true, omits: true },
    };
    const streams = hello.streams === true && line.socket !== null;
    const isWatched = streams && this.#nerve.sockets.isWatched(host.organizationId);
    const stream: CloudMessage[] = isWatched ? [{ type: "stream", everyMs: STREAM_MS }] : [];
    return { messages: [welcome, ...stream, ...this.deliverable(host.id, nowMs)], speaker, streams };
  }

  /** Shown, and kept nowhere. With nobody looking, the host is told to stop: the last one's leaving may have been missed. */
  #hearMeasures(host: FleetHost, services: ServiceUse[]): Reply {
    const { sockets } = this.#nerve;
    if (!sockets.isWatched(host.organizationId)) return { messages: [{ type: "stream", everyMs: 0 }] };
    sockets.show(host.organizationId, [{ type: "measures", hostId: host.id, services }]);
    return { messages: [] };
  }

  /** Held in memory only: the host says it again until it hears that it is recorded. */
  #hearSample(host: FleetHost, sample: Extract<AgentMessage, { type: "sample" }>, nowMs: number): Reply {
    const { hourMs, coveredMs, services } = sample;
    // Of a clock that is far off, nothing would be right in a chart: taken, and dropped.
    if (!isHourOfOurs(hourMs, nowMs)) return { messages: [{ type: "sampled", hourMs }] };
    const { journal } = this.#nerve.store;
    // D1 is away for long, and what hosts cannot say again goes first.
    if (journal.bytes >= JOURNAL_LIMIT_BYTES) return { messages: [] };
    journal.hold({
      position: journal.nextPosition(nowMs),
      hostId: host.id,
      mark: null,
      patch: {},
      records: [{ kind: "sample", hourMs, coveredMs, services }],
    });
    return { messages: [] };
  }

  /** Shown to who asked for it, and kept nowhere. */
  #hearTail(host: FleetHost, { command: id, lines }: Extract<AgentMessage, { type: "tail" }>, nowMs: number): Reply {
    const command = this.#nerve.store.commands.get(id);
    if (isTailAwaited(command, host.id) && command.byUserId !== undefined) {
      const { organizationId, service } = command;
      const tail = { type: "tail" as const, command: id, hostId: host.id, service, atMs: nowMs, lines };
      this.#nerve.sockets.showTo(organizationId, command.byUserId, tail);
    }
    return { messages: [] };
  }

  #reconcile(host: FleetHost, hello: Hello, held: number, nowMs: number): void {
    const caughtUp = hello.lastSeq <= held;
    const known = this.#nerve.known(host);
    const names = new Set(hello.services.map(({ name }) => name));
    // Events are on their way: only what no event will tell is done, services that are no longer configured.
    const snapshots = caughtUp
      ? hello.services
      : [...known.services.values()].map(({ snapshot }) => snapshot).filter(({ name }) => names.has(name));
    const change = decideReconcile(known, this.#within(known, snapshots), { atMs: nowMs, seq: hello.lastSeq });
    this.#nerve.commit(host.id, change, null, nowMs);
  }

  /** As many services as the organization may have; the others are told with the next hello. */
  #within({ host, services }: Known, snapshots: Hello["services"]): Hello["services"] {
    const isKnown = ({ name }: Hello["services"][number]) => services.has(name);
    if (snapshots.every(isKnown)) return snapshots;
    let room = ORGANIZATION_SERVICES - this.#nerve.store.serviceCount(host.organizationId);
    return snapshots.filter((snapshot) => isKnown(snapshot) || room-- > 0);
  }

  /** Notes what the host is about to tell: by how it stands now, what of that is over already. */
  #expect(host: FleetHost, hello: Hello, held: number, nowMs: number): void {
    const current = this.#nerve.store.hosts.get(host.id) ?? host;
    if (hello.lastSeq <= held && current.catchUp === undefined) return;
    this.#nerve.store.putHost({ ...current, catchUp: decideCatchUp(hello, held, nowMs) });
  }

  #hearEvents(host: FleetHost, told: readonly (JournalEvent | Unreadable)[], nowMs: number): Reply {
    const held = this.#nerve.store.journal.heldSeq(host);
    const fresh = continuing(told, held);
    const last = fresh.at(-1);
    if (last === undefined || host.journalId === null) return this.#nothingNew(host, told, held);
    const known = this.#nerve.known(host);
    const readable = fresh.filter((event) => event.kind !== "unreadable");
    const busy = this.#nerve.admit(host, fresh.length, newServices(known.services, readable), nowMs);
    if (busy !== null) {
      this.owes(host.id);
      return error("busy", busy.why, busy.afterMs);
    }
    this.#owing.delete(host.id);
    const mark = { journalId: host.journalId, seq: last.seq };
    this.#setAside(host, fresh, nowMs);
    const after = this.#nerve.commit(host.id, decideArrival(known, readable, nowMs), mark, nowMs) ?? host;
    return { messages: [this.#ack(after)] };
  }

  /** All of it was held before, or something is missing before it: on its way again, or lost with this disk. */
  #nothingNew(host: FleetHost, told: readonly Numbered[], held: number): Reply {
    const [first] = told;
    const isHole = first !== undefined && firstOf(first) > held + 1;
    return isHole && !this.#owing.has(host.id) ? HELLO_FIRST : { messages: [this.#ack(host)] };
  }

  #setAside(host: FleetHost, fresh: readonly (JournalEvent | Unreadable)[], nowMs: number): void {
    const { id: hostId, organizationId } = host;
    const refused = fresh.flatMap((event) =>
      event.kind === "unreadable" ? [{ hostId, organizationId, why: event.why, doc: event.doc }] : [],
    );
    if (refused.length > 0) this.#nerve.setAside(refused, nowMs);
  }

  #hearClaim(host: FleetHost, id: string, nowMs: number): Reply {
    const command = this.#nerve.store.commands.get(id);
    const claim = decideClaim(command?.hostId === host.id ? command : undefined, nowMs);
    if (claim.kind === "denied") return { messages: [{ type: "deny", command: id, why: claim.why }] };
    if (claim.command.grantedMs !== command?.grantedMs) {
      const change = { ...noChange(), commands: new Map([[id, claim.command]]) };
      this.#nerve.commit(host.id, change, null, nowMs);
    }
    const expiresInMs = claim.command.expiresMs - nowMs;
    return { messages: [{ type: "grant", command: id, expiresInMs }] };
  }

  /** Is another machine speaking for this host right now? */
  #isTaken(host: FleetHost, speaker: Speaker, line: Line, nowMs: number): boolean {
    const sockets = this.#nerve.sockets
      .agents(host.id)
      .filter(({ socket, attachment }) => socket !== line.socket && attachment.speaker !== null);
    for (const { attachment, heardMs } of sockets) {
      if (attachment.speaker !== null && isInUseElsewhere({ ...attachment.speaker, heardMs }, speaker, nowMs))
        return true;
    }
    const { journalId, bootId } = host;
    if (journalId === null || bootId === null || host.link !== "online") return false;
    const heardMs = this.#nerve.httpHeardMs(host.id);
    if (heardMs !== null) return isInUseElsewhere({ journalId, bootId, heardMs }, speaker, nowMs);
    // It begins its journal anew.
    if (line.socket !== null && line.speaker?.journalId === journalId) return false;
    // Not connected just now, cut off or since we were away ourselves: its place is kept from other journals for a while.
    const lostMs = Math.max(host.lastSeenMs ?? 0, this.#wokeMs);
    return speaker.journalId !== journalId && isInUseElsewhere({ journalId, bootId, heardMs: lostMs }, speaker, nowMs);
  }

  #refuse(host: FleetHost, hello: Hello, nowMs: number): Reply {
    const text = `this credential is in use on another machine: enrol this one (${hello.host.name}) by itself with \`afloat enroll\``;
    if (!this.#refused.has(`${host.id}/${hello.bootId}`)) {
      this.#refused.add(`${host.id}/${hello.bootId}`);
      const change = noChange();
      change.written.push({
        kind: "audit",
        action: "host.second-machine-refused",
        target: host.id,
        detail: { name: hello.host.name, journalId: hello.journalId, bootId: hello.bootId },
        atMs: nowMs,
      });
      this.#nerve.commit(host.id, change, null, nowMs);
    }
    return { ...error("in-use-elsewhere", text), hangUp: { code: CLOSE.inUseElsewhere, reason: "in use elsewhere" } };
  }

  #replaceOthers(hostId: string, line: Line): void {
    for (const { socket } of this.#nerve.sockets.agents(hostId)) {
      if (socket !== line.socket) hangUp(socket, CLOSE.replaced, "replaced by a newer connection");
    }
  }

  #link(host: FleetHost, link: "online" | "away", nowMs: number, back: { knownFromMs?: number } = {}): FleetHost {
    const position = this.#nerve.store.journal.nextPosition(nowMs);
    const { incidents } = this.#nerve.known(host);
    const change = decideLink(host, link, { sinceMs: nowMs, heardMs: nowMs, nowMs, position, ...back }, incidents);
    return this.#nerve.commit(host.id, change, null, nowMs) ?? host;
  }

  #ack(host: FleetHost): CloudMessage {
    const current = this.#nerve.store.hosts.get(host.id) ?? host;
    return { type: "ack", held: this.#nerve.store.journal.heldSeq(current), recorded: current.recordedSeq };
  }
}

/** A command as the host gets it; the time left is counted from now, its clock is not asked. */
export function messageOf(command: FlyingCommand, nowMs: number): CloudMessage {
  const { id, verb, service, by, expiresMs } = command;
  return { type: "command", id, verb, service, by, expiresInMs: Math.max(0, expiresMs - nowMs) };
}

/** How many more services there are after these events than were known before; 0 where there are fewer. */
function newServices(known: ReadonlyMap<string, unknown>, events: readonly JournalEvent[]): number {
  const names = new Set(known.keys());
  for (const event of events) {
    if (event.kind === "flip") names.add(event.snapshot.name);
    else if (event.kind === "removed") names.delete(event.service);
  }
  return Math.max(0, names.size - known.size);
}

const HELLO_FIRST = error("hello-first", "expected hello before anything else on a connection, or after a new journal");
