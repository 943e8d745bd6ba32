import type { AgentMessage, CloudMessage, JournalEvent, ServiceUse } from "@afloat/shared/wire";
import { absenceOf } from "./core/absence.ts";
import { decideArrival } from "./core/arrival.ts";
import { isJournalFull } from "./core/caps.ts";
import { noChange } from "./core/change.ts";
import { decideClaim, isTailAwaited } from "./core/command-flight.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { continuing, firstOf, type Numbered } from "./core/marks.ts";
import { isHourOfOurs } from "./core/sample-slot.ts";
import type { Heard, Unreadable } from "./frame.ts";
import { Greeting, type Line } from "./greeting.ts";
import type { Nerve } from "./nerve.ts";
import { error, type Reply } from "./reply.ts";
import { turnAway, turnOnline } from "./turn-link.ts";

/** What the Fleet answers an agent, message by message; the same over the socket and over HTTP. */
export class Dialogue {
  readonly #nerve: Nerve;
  readonly #greeting: Greeting;
  /** Hosts that were told to send something again: what they had sent behind it comes with a hole before it. */
  readonly #owing = new Set<string>();

  constructor(nerve: Nerve, wokeMs: number) {
    this.#nerve = nerve;
    this.#greeting = new Greeting(nerve, wokeMs);
  }

  hear(host: FleetHost, message: Heard, line: Line, nowMs: number): Reply {
    if (message.type === "hello") {
      const reply = this.#greeting.hear(host, message, line, nowMs);
      if (reply.speaker !== undefined) this.#owing.delete(host.id);
      return reply;
    }
    if (line.speaker === null || line.speaker.journalId !== host.journalId) return HELLO_FIRST;
    // Whoever speaks is not silent; who said goodbye comes back with hello.
    if (host.link === "silent" || host.absence?.why === "asleep") turnOnline(this.#nerve, host, nowMs);
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
        if (message.planned) turnAway(this.#nerve, host, absenceOf(message, nowMs), nowMs);
        return { messages: [] };
    }
  }

  /** Something of this host was refused, or could not be taken just now, and comes again. */
  owes(hostId: string): void {
    this.#owing.add(hostId);
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
    const { store } = this.#nerve;
    // D1 is away for long, and what hosts cannot say again goes first.
    if (isJournalFull(store.fill(host.organizationId))) return { messages: [] };
    store.journal.hold({
      position: store.journal.nextPosition(nowMs),
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

  #hearEvents(host: FleetHost, told: readonly (JournalEvent | Unreadable)[], nowMs: number): Reply {
    const heard = this.#nerve.store.journal.heardSeq(host);
    const fresh = continuing(told, heard);
    const last = fresh.at(-1);
    if (last === undefined || host.journalId === null) return this.#nothingNew(host, told, heard);
    const known = this.#nerve.known(host);
    const readable = fresh.filter((event) => event.kind !== "unreadable");
    const busy = this.#nerve.allowances.admit(host, fresh.length, newServices(known.services, readable), nowMs);
    if (busy !== null) {
      this.owes(host.id);
      return error("busy", busy.why, busy.afterMs);
    }
    this.#owing.delete(host.id);
    const mark = { journalId: host.journalId, seq: last.seq };
    const after = this.#nerve.commit(host.id, decideArrival(known, readable, nowMs), mark, nowMs) ?? host;
    // Behind the events: that something was set aside is on disk at once, and with it all before it.
    this.#setAside(host, fresh, nowMs);
    return { messages: [this.#ack(after)] };
  }

  /** All of it was heard before, or something is missing before it: on its way again, or lost with this disk. */
  #nothingNew(host: FleetHost, told: readonly Numbered[], heard: number): Reply {
    const [first] = told;
    const isHole = first !== undefined && firstOf(first) > heard + 1;
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

  #ack(host: FleetHost): CloudMessage {
    const current = this.#nerve.store.hosts.get(host.id) ?? host;
    return { type: "ack", held: this.#nerve.store.journal.heldSeq(current), recorded: current.recordedSeq };
  }
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
