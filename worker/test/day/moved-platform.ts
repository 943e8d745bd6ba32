import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Alerts } from "../../src/alerts/alerts.ts";
import { alertsFor } from "../../src/alerts/alerts-for.ts";
import type { News } from "../../src/alerts/core/alert-types.ts";
import { fleetAt } from "../../src/fleet/fleet-for.ts";

/** What the platform says by its own clock, which cannot be moved, whether D1 can be reached, and what people are to be told. */
export interface Moved {
  /** When a ping of this host was answered last, by the clock of the day; null before the first. */
  pingedMs(hostId: string): number | null;
  isD1Away(): boolean;
  /** The Alerts of an organization have taken this. */
  told(organizationId: string, news: readonly News[]): void;
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
  await runInDurableObject(alertsFor(env, organizationId), (instance) => {
    const alerts: Pick<Alerts, "news"> = Object.getPrototypeOf(instance);
    const { news } = alerts;
    alerts.news = async function (this: Alerts, ...said) {
      await news.apply(this, said);
      moved.told(...said);
    };
    restore.push(() => (alerts.news = news));
  });
  return restore;
}
