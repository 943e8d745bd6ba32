import type { CloudMessage } from "@afloat/shared/wire";
import { type LiveMessage, SEEN, SEEN_EVERY } from "../live.ts";
import type { AgentIdentity, ViewerIdentity } from "./identity.ts";

/** Why the Fleet hangs up; 4000-4999 are the application's own (RFC 6455, 7.4.2). */
export const CLOSE = {
  /** The same agent connected anew. */
  replaced: 4001,
  /** The organization has another Fleet now: connected anew, it is found. */
  moved: 4012,
  /** The credential is revoked, or of an older version. */
  unauthorized: 4003,
  /** A frame that no agent of ours would send. */
  badFrame: 4007,
  /** Another machine speaks with the same credential. */
  inUseElsewhere: 4009,
  /** Nothing was heard past the deadline: an agent that still lives connects anew. */
  silent: 4010,
  /** Too slow to follow, or no longer allowed to. */
  viewerDropped: 4011,
} as const;

/**
 * A viewer that has not read so much of what was sent does not follow any more, characters. The platform does not say what
 * waits in a socket (`bufferedAmount` is undefined in workerd), so viewers say what they have read.
 */
const VIEWER_BACKLOG = 1024 * 1024;
/** A page pings every 20 s, once a minute in the background; of one that has not for so long nobody is left, milliseconds. */
const VIEWER_SILENT_MS = 150_000;
/** What an attachment says of when its agent was heard may be older by this: each writing of it takes time. */
const HEARD_WITHIN_MS = 5_000;

/** What a socket remembers through hibernation; 16,384 bytes at most. */
export interface AgentAttachment extends AgentIdentity {
  kind: "agent";
  /** The newest message, by the cloud's clock. Pings have their own time. */
  heardMs: number;
  /** It can stream what its services use; absent before hello. */
  streams?: boolean;
  /** Null before hello. */
  speaker: { journalId: string; bootId: string } | null;
}

interface ViewerAttachment extends ViewerIdentity {
  kind: "viewer";
  /** When it connected. */
  sinceMs: number;
}

/** The sockets of one Fleet. The platform keeps them; tags find them again after an eviction. */
export class Sockets {
  readonly #ctx: DurableObjectState;
  /** What each viewer was sent and has not said to have read, characters. */
  readonly #unseen = new WeakMap<WebSocket, number>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  acceptAgent(socket: WebSocket, agent: AgentIdentity, nowMs: number): void {
    this.#ctx.acceptWebSocket(socket, [hostTag(agent.hostId)]);
    this.attach(socket, { kind: "agent", ...agent, heardMs: nowMs, speaker: null });
  }

  /** `first`: all there is to see. However much that is, it is sent once. */
  acceptViewer(socket: WebSocket, viewer: ViewerIdentity, first: LiveMessage, nowMs: number): void {
    this.#ctx.acceptWebSocket(socket, [viewerTag(viewer.organizationId)]);
    const attachment: ViewerAttachment = { kind: "viewer", ...viewer, sinceMs: nowMs };
    socket.serializeAttachment(attachment);
    transmit(socket, JSON.stringify(first));
  }

  /** A viewer has read some more of what it was sent. */
  hasSeen(socket: WebSocket, said: string | ArrayBuffer): void {
    if (said === SEEN) this.#unseen.set(socket, Math.max(0, (this.#unseen.get(socket) ?? 0) - SEEN_EVERY));
  }

  attach(socket: WebSocket, attachment: AgentAttachment): void {
    socket.serializeAttachment(attachment);
  }

  /** Remembers that something was heard; where nothing else changed, not each time. */
  heard(socket: WebSocket, before: AgentAttachment, after: AgentAttachment): void {
    const isSame = before.speaker === after.speaker && before.streams === after.streams;
    if (!isSame || after.heardMs - before.heardMs >= HEARD_WITHIN_MS) this.attach(socket, after);
  }

  /** Who is at the other end. */
  read(socket: WebSocket): AgentAttachment | ViewerAttachment {
    return socket.deserializeAttachment();
  }

  /** The agent sockets of a host that have said hello, with when each was last heard. */
  agents(hostId: string): { socket: WebSocket; attachment: AgentAttachment; heardMs: number }[] {
    return this.#ctx.getWebSockets(hostTag(hostId)).flatMap((socket) => {
      const attachment = this.read(socket);
      if (attachment.kind !== "agent" || socket.readyState !== WebSocket.READY_STATE_OPEN) return [];
      return [{ socket, attachment, heardMs: Math.max(attachment.heardMs, this.pingedMs(socket)) }];
    });
  }

  /** When the platform last answered a ping for us; 0 before the first. */
  pingedMs(socket: WebSocket): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
  }

  watchers(organizationId: string): number {
    return this.#ctx.getWebSockets(viewerTag(organizationId)).length;
  }

  /** Hangs up on all of an organization, hosts and people. */
  leave(organizationId: string): void {
    for (const socket of this.#ctx.getWebSockets()) {
      if (this.read(socket).organizationId === organizationId) hangUp(socket, CLOSE.moved, "moved; connect anew");
    }
  }

  /** Does anybody look at this organization? `leaving`: one that is on its way out does not count. */
  isWatched(organizationId: string, leaving: WebSocket | null = null): boolean {
    return this.#ctx
      .getWebSockets(viewerTag(organizationId))
      .some((socket) => socket !== leaving && socket.readyState === WebSocket.OPEN);
  }

  /** Shows these to everyone who looks at this organization, and to nobody else. Who cannot follow is dropped. */
  show(organizationId: string, messages: readonly LiveMessage[], nowMs = Date.now()): void {
    const sockets = this.#ctx.getWebSockets(viewerTag(organizationId));
    if (messages.length === 0 || sockets.length === 0) return;
    const frames = messages.map((message) => JSON.stringify(message));
    for (const socket of sockets) {
      if (socket.readyState !== WebSocket.OPEN) continue;
      const why = this.#whyDrop(socket, nowMs);
      if (why !== null) hangUp(socket, CLOSE.viewerDropped, why);
      else frames.forEach((frame) => this.#push(socket, frame));
    }
  }

  /** Shows it to one person alone, wherever he looks. */
  showTo(organizationId: string, userId: string, message: LiveMessage, nowMs = Date.now()): void {
    const frame = JSON.stringify(message);
    for (const socket of this.#ctx.getWebSockets(viewerTag(organizationId))) {
      const viewer = this.read(socket);
      if (viewer.kind !== "viewer" || viewer.userId !== userId || socket.readyState !== WebSocket.OPEN) continue;
      const why = this.#whyDrop(socket, nowMs);
      if (why !== null) hangUp(socket, CLOSE.viewerDropped, why);
      else this.#push(socket, frame);
    }
  }

  #push(socket: WebSocket, frame: string): void {
    transmit(socket, frame);
    this.#unseen.set(socket, (this.#unseen.get(socket) ?? 0) + frame.length);
  }

  #whyDrop(socket: WebSocket, nowMs: number): string | null {
    if ((this.#unseen.get(socket) ?? 0) > VIEWER_BACKLOG) return "too slow; connect anew";
    const viewer = this.read(socket);
    if (viewer.kind !== "viewer") return null;
    const heardMs = Math.max(viewer.sinceMs ?? 0, this.pingedMs(socket));
    return nowMs - heardMs > VIEWER_SILENT_MS ? "nothing heard; connect anew" : null;
  }

  /** Hangs up on a person who may no longer look. */
  dismiss(organizationId: string, userId: string): void {
    for (const socket of this.#ctx.getWebSockets(viewerTag(organizationId))) {
      const viewer = this.read(socket);
      if (viewer.kind === "viewer" && viewer.userId === userId) hangUp(socket, CLOSE.viewerDropped, "signed out");
    }
  }

  /** Asks a host to say so often what its services use, milliseconds; 0 for no more. Who could not is not asked. */
  askToStream(hostId: string, everyMs: number): void {
    for (const { socket, attachment } of this.agents(hostId)) {
      if (attachment.streams === true) say(socket, { type: "stream", everyMs });
    }
  }

  /** To every socket of the host that has said hello. */
  tell(hostId: string, message: CloudMessage): void {
    for (const { socket, attachment } of this.agents(hostId)) {
      if (attachment.speaker !== null) say(socket, message);
    }
  }
}

export function say(socket: WebSocket, message: CloudMessage): void {
  transmit(socket, JSON.stringify(message));
}

export function transmit(socket: WebSocket, frame: string): void {
  try {
    socket.send(frame);
  } catch {
    // Closed under our hands: webSocketClose or the deadline sees to the rest.
  }
}

export function hangUp(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // Already closed.
  }
}

function hostTag(hostId: string): string {
  return `host:${hostId}`;
}

function viewerTag(organizationId: string): string {
  return `viewer:${organizationId}`;
}
