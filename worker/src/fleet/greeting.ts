import { agreeOn } from "@afloat/shared/core/protocol-version";
import { type CloudMessage, type Hello, PROTOCOL } from "@afloat/shared/wire";
import { decideReconcile, type Known } from "./core/arrival.ts";
import { ORGANIZATION_SERVICES } from "./core/caps.ts";
import { byOurClock, decideCatchUp } from "./core/catch-up.ts";
import { isEmpty, noChange } from "./core/change.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { knownFromMs, patchOf } from "./core/link-change.ts";
import { HEARTBEAT_MS, isInUseElsewhere, type Speaker } from "./core/liveness.ts";
import { recordedOf } from "./core/marks.ts";
import { decideSecond, NOTED_EVERY_MS } from "./core/second-machine.ts";
import { opened } from "./core/silence.ts";
import type { Nerve } from "./nerve.ts";
import { deliverable } from "./orders.ts";
import { error, type Reply, tooFarApart } from "./reply.ts";
import { CLOSE, hangUp } from "./sockets.ts";
import { turnOnline } from "./turn-link.ts";

/** The way a message came: a socket, or null for HTTP; and who has said hello on it. */
export interface Line {
  socket: WebSocket | null;
  speaker: Speaker | null;
}

/** What the Fleet answers to hello: whether this machine may speak for its host, and from where it tells again. */
export class Greeting {
  readonly #nerve: Nerve;
  readonly #wokeMs: number;

  constructor(nerve: Nerve, wokeMs: number) {
    this.#nerve = nerve;
    this.#wokeMs = wokeMs;
  }

  hear(host: FleetHost, said: Hello, line: Line, nowMs: number): Reply {
    const hello = byOurClock(said, nowMs);
    const agreement = agreeOn(PROTOCOL, hello.protocol);
    if (agreement.kind === "too-far") return tooFarApart(hello.protocol, agreement.older);
    const speaker = { journalId: hello.journalId, bootId: hello.bootId };
    if (this.#isTaken(host, speaker, line, nowMs)) return this.#refuse(host, hello, nowMs);
    this.#replaceOthers(host.id, line);

    const recorded = recordedOf(host, hello);
    const patch = patchOf(host, hello);
    const begins = patch.journalId !== undefined || recorded > host.recordedSeq;
    const mark = begins ? { journalId: hello.journalId, seq: recorded } : null;
    const change = { ...noChange(), patch };
    const since = knownFromMs(host, hello, nowMs);
    const greeted = this.#nerve.commit(host.id, change, mark, nowMs) ?? host;
    const online = turnOnline(this.#nerve, greeted, nowMs, since);
    this.#nerve.connected(online.id, line.socket === null ? "http" : "socket");

    const heard = Math.max(this.#nerve.store.journal.heardSeq(online), recorded);
    // With events still to come, they tell it in order; without, hello is the newest there is. One that knows of fewer than
    // were heard is said over again by somebody on the way, or its journal is begun anew in a moment.
    if (hello.lastSeq === heard || begins) this.#reconcile(online, hello, heard, nowMs);
    this.#expect(online, hello, heard, nowMs);
    const welcome: CloudMessage = {
      type: "welcome",
      protocol: agreement.protocol,
      held: Math.max(this.#nerve.store.journal.heldSeq(online), recorded),
      recorded,
      heartbeatMs: HEARTBEAT_MS,
      clockMs: nowMs,
      ...{ samples: true, omits: true },
    };
    const streams = hello.streams === true && line.socket !== null;
    const isWatched = streams && this.#nerve.sockets.isWatched(host.organizationId);
    const stream: CloudMessage[] = isWatched
      ? [{ type: "stream", everyMs: this.#nerve.streamMs(host.organizationId) }]
      : [];
    return { messages: [welcome, ...stream, ...deliverable(this.#nerve, host.id, nowMs)], speaker, streams };
  }

  #reconcile(host: FleetHost, hello: Hello, heard: number, nowMs: number): void {
    const caughtUp = hello.lastSeq <= heard;
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
  #expect(host: FleetHost, hello: Hello, heard: number, nowMs: number): void {
    const current = this.#nerve.store.hosts.get(host.id) ?? host;
    if (hello.lastSeq <= heard && current.catchUp === undefined) return;
    this.#nerve.store.putHost({ ...current, catchUp: decideCatchUp(hello, heard, nowMs) });
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
    const text = `this credential is in use on another machine: enrol this one (${hello.host.name}) by itself with \`afloat enroll --again\``;
    this.#noteSecond(host, hello, nowMs);
    return { ...error("in-use-elsewhere", text), hangUp: { code: CLOSE.inUseElsewhere, reason: "in use elsewhere" } };
  }

  /** Written down once for each machine; people are told once it is clear that it is not the host's own former self. */
  #noteSecond(host: FleetHost, { bootId, journalId, host: { name } }: Hello, nowMs: number): void {
    const { second, notedMs, open } = decideSecond(host.second ?? null, { name, bootId }, nowMs);
    const isKnown = this.#nerve.known(host).incidents.some(({ view }) => view.kind === "host-cloned");
    const change = noChange();
    if (notedMs === null) {
      const detail = { name, journalId, bootId };
      const action = "host.second-machine-refused";
      change.written.push({ kind: "audit", action, target: host.id, detail, atMs: nowMs });
    }
    if (open && !isKnown) {
      const at = { nowMs, position: this.#nerve.store.journal.nextPosition(nowMs) };
      const title = `another machine has the credential of ${host.name}`;
      const cause = `${name} was refused: ${host.name} is there, and speaks with the same one; on ${name}, say \`afloat enroll --again\``;
      change.incidents.push(opened(host, "host-cloned", title, cause, at));
    }
    if (isEmpty(change) && notedMs !== null && nowMs - notedMs < NOTED_EVERY_MS) return;
    change.patch = { second };
    this.#nerve.commit(host.id, change, null, nowMs);
  }

  #replaceOthers(hostId: string, line: Line): void {
    for (const { socket } of this.#nerve.sockets.agents(hostId)) {
      if (socket !== line.socket) hangUp(socket, CLOSE.replaced, "replaced by a newer connection");
    }
  }
}
