import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { fleetAt } from "../../src/fleet/fleet-for.ts";

/** What the platform says by its own clock, which cannot be moved, whether D1 can be reached, and what goes to the queue. */
export interface Moved {
  /** When a ping of this host was answered last, by the clock of the day; null before the first. */
  pingedMs(hostId: string): number | null;
  isD1Away(): boolean;
  /** So many messages went to the queue. */
  sent(count: number): void;
}

/** Has every Fleet hear `moved` in place of the platform. Answers how to take that back. */
export async function movePlatform(organizationId: string, moved: Moved): Promise<(() => void)[]> {
  const restore: (() => void)[] = [];
  await runInDurableObject(fleetAt(env, organizationId), (_fleet, state) => {
    const platform = Object.getPrototypeOf(state);
    const real = platform.getWebSocketAutoResponseTimestamp;
    const hosts = new WeakMap<WebSocket, string>();
    platform.getWebSocketAutoResponseTimestamp = (socket: WebSocket) => {
      const hostId = hosts.get(socket) ?? socket.deserializeAttachment()?.hostId;
      hosts.set(socket, hostId);
      const pingedMs = moved.pingedMs(hostId);
      return pingedMs === null ? null : new Date(pingedMs);
    };
    restore.push(() => (platform.getWebSocketAutoResponseTimestamp = real));
  });
  const database = Object.getPrototypeOf(env.DB);
  for (const name of ["prepare", "batch"]) {
    const real = database[name];
    database[name] = function (...args: unknown[]) {
      if (moved.isD1Away()) throw new Error("D1_ERROR: Network connection lost.");
      return real.apply(this, args);
    };
    restore.push(() => (database[name] = real));
  }
  const queue = Object.getPrototypeOf(env.NOTICES);
  const sendBatch = queue.sendBatch;
  queue.sendBatch = function (messages: unknown[], ...args: unknown[]) {
    moved.sent(messages.length);
    return sendBatch.call(this, messages, ...args);
  };
  restore.push(() => (queue.sendBatch = sendBatch));
  return restore;
}
