import type { Env } from "../env.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import { loadMaintenance } from "./announced.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { fleetsOf, isWith, mayBegin, placeOf, type Shard } from "./core/placement.ts";
import { decideTakenOver, heldAgain } from "./core/taken-over.ts";
import { Elsewhere } from "./elsewhere.ts";
import { HostLoader } from "./host-loader.ts";
import { loadToldWithMany, loadWatched } from "./load-host.ts";
import { readPlacement } from "./placements.ts";
import type { FleetStore } from "./store.ts";

/**
 * The organizations that this Fleet looks after, whole or in part, with their hosts: taken over from D1 by whoever comes first, and let go. D1 says whose
 * Fleet each is; what this disk has begun is not asked about again.
 */
export class Tenants {
  readonly #env: Env;
  readonly #id: DurableObjectId;
  readonly #store: FleetStore;
  readonly #alarm: AlarmClock;
  readonly #loader: HostLoader;
  /** Those that are leaving just now: nothing more is heard of their hosts here. */
  readonly #leaving = new Set<string>();
  /** How often each has left since this Fleet woke: what was asked for before is not to be believed. */
  readonly #departures = new Map<string, number>();
  /** Under way: thousands of hosts that come at once wait for the same. */
  readonly #takeovers = new Map<string, Promise<void>>();
  readonly #maintenanceAsked = new Map<string, number>();

  constructor(env: Env, id: DurableObjectId, { store, alarm }: { store: FleetStore; alarm: AlarmClock }) {
    this.#env = env;
    this.#id = id;
    this.#store = store;
    this.#alarm = alarm;
    this.#loader = new HostLoader(env.DB);
  }

  /** What D1 holds of an organization is taken over once: this disk is new, or was lost. Throws Elsewhere where it is not this Fleet's. */
  async begin(organizationId: string): Promise<void> {
    if (this.#leaving.has(organizationId)) throw new Elsewhere();
    if (!this.#store.isBegun(organizationId)) await this.takeOver(organizationId);
  }

  /** The same for what has to be done while it is leaving, too: on its way out, the organization is here still. */
  async answersFor(organizationId: string): Promise<void> {
    if (!this.#store.isBegun(organizationId)) await this.begin(organizationId);
  }

  /**
   * Takes over whom this Fleet must know though they may never speak again; done twice, it changes nothing. Throws Elsewhere where the
   * organization is not this Fleet's.
   */
  takeOver(organizationId: string): Promise<void> {
    const underWay = this.#takeovers.get(organizationId);
    if (underWay !== undefined) return underWay;
    const takeover = this.#takeOver(organizationId).finally(() => this.#takeovers.delete(organizationId));
    this.#takeovers.set(organizationId, takeover);
    return takeover;
  }

  /** The host as this Fleet knows it, from D1 the first time; null where the organization has no such host. */
  async host(organizationId: string, hostId: string): Promise<FleetHost | null> {
    await this.begin(organizationId);
    const known = this.#store.host(hostId);
    if (known !== undefined) return known.organizationId === organizationId ? known : null;
    if (!isWith(this.#store.shardOf(organizationId), hostId)) throw new Elsewhere();
    const loaded = await this.#ask(organizationId, () => this.#loader.load(organizationId, hostId));
    // Another call may have been quicker.
    const meanwhile = this.#store.hosts.get(hostId);
    if (meanwhile !== undefined) return meanwhile;
    if (loaded === null) return null;
    this.#store.adopt(heldAgain(loaded, this.#store.announced.of(organizationId)));
    return loaded.host;
  }

  /** Asks D1 what maintenance there is, for all that is decided from now on. Answers whether that is anything new. */
  async learnMaintenance(organizationId: string): Promise<boolean> {
    await this.begin(organizationId);
    const asked = (this.#maintenanceAsked.get(organizationId) ?? 0) + 1;
    this.#maintenanceAsked.set(organizationId, asked);
    const announced = await this.#ask(organizationId, () => loadMaintenance(this.#env.DB, organizationId, Date.now()));
    // Somebody asked later: what he is told is newer.
    return asked === this.#maintenanceAsked.get(organizationId) && this.#store.announced.put(organizationId, announced);
  }

  /** Asks D1 what changed of a host elsewhere: its name, its credential's version. Its deadline it says itself. */
  async reload(organizationId: string, hostId: string): Promise<FleetHost | null> {
    const known = await this.host(organizationId, hostId);
    if (known === null) return null;
    const loaded = await this.#ask(organizationId, () => this.#loader.load(organizationId, hostId));
    const current = this.#store.hosts.get(hostId) ?? known;
    if (loaded === null) return current;
    const { name, version } = loaded.host;
    const same = current.name === name && current.version === version;
    if (!same) this.#store.putHost({ ...current, name, version });
    return { ...current, name, version };
  }

  /** Nothing is heard of an organization while `act` brings it out. Null where that is being done already. */
  async whileLeaving<T>(organizationId: string, act: () => Promise<T>): Promise<T | null> {
    if (this.#leaving.has(organizationId)) return null;
    this.#leaving.add(organizationId);
    try {
      return await act();
    } finally {
      this.#leaving.delete(organizationId);
    }
  }

  /** It has left. */
  left(organizationId: string): void {
    this.#departures.set(organizationId, (this.#departures.get(organizationId) ?? 0) + 1);
  }

  async #takeOver(organizationId: string): Promise<void> {
    if (this.#leaving.has(organizationId)) throw new Elsewhere();
    const nowMs = Date.now();
    // One after the other: what is read before the organization is ours may be older than what its former Fleet wrote.
    const shard = await this.#ask(organizationId, () => this.#ourShard(organizationId));
    if (shard === null) throw new Elsewhere();
    const [watched, announced, told] = await this.#ask(organizationId, () =>
      Promise.all([
        loadWatched(this.#env.DB, organizationId, shard, nowMs),
        loadMaintenance(this.#env.DB, organizationId, nowMs),
        loadToldWithMany(this.#env.DB, organizationId, shard),
      ]),
    );
    this.#store.begin(organizationId, shard);
    this.#store.announced.put(organizationId, announced);
    for (const loaded of decideTakenOver(watched, announced, told, nowMs)) {
      if (this.#store.hosts.has(loaded.host.id)) continue;
      this.#store.adopt(loaded);
      await this.#alarm.want(loaded.host.held?.untilMs ?? nowMs + loaded.host.offlineAfterMs);
    }
  }

  /** What of an organization is this Fleet's by D1; null for none of it. */
  async #ourShard(organizationId: string): Promise<Shard | null> {
    const placement = await readPlacement(this.#env.DB, organizationId);
    if (!mayBegin(placement)) return null;
    const names = fleetsOf(placeOf(organizationId, placement));
    const at = names.findIndex((name) => this.#env.FLEET.idFromName(name).equals(this.#id));
    return at === -1 ? null : { at, of: names.length };
  }

  /** Asks D1; what it answers is worth nothing where the organization left meanwhile. */
  async #ask<T>(organizationId: string, ask: () => Promise<T>): Promise<T> {
    const before = this.#departures.get(organizationId);
    const answer = await ask();
    if (this.#departures.get(organizationId) !== before) throw new Elsewhere();
    return answer;
  }
}
