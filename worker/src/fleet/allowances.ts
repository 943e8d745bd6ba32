import { type Allowance, type Busy, decideRoom, HOST_EVENTS, ORGANIZATION_EVENTS, spend } from "./core/caps.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import type { FleetStore } from "./store.ts";

/** How much each host and each organization may still ask of this Fleet. In memory alone: who wakes it begins anew. */
export class Allowances {
  readonly #store: FleetStore;
  readonly #left = new Map<string, Allowance>();

  constructor(store: FleetStore) {
    this.#store = store;
  }

  /** May this host write so many events now, of which so many are about services nobody knew? Null where it may. */
  admit(host: FleetHost, events: number, fresh: number, nowMs: number): Busy | null {
    const { organizationId } = host;
    const organizationServices = fresh === 0 ? 0 : this.#store.serviceCount(organizationId);
    const hostServices = this.#store.services(host.id).size;
    const full = decideRoom({ journal: this.#store.fill(organizationId), hostServices, organizationServices }, fresh);
    if (full !== null) return full;
    const own = spend(this.#left.get(host.id), events, HOST_EVENTS, nowMs);
    if (!("left" in own)) return { why: tooMany(HOST_EVENTS.perMinute, "one host"), ...own };
    const all = spend(this.#left.get(organizationId), events, ORGANIZATION_EVENTS, nowMs);
    if (!("left" in all)) return { why: tooMany(ORGANIZATION_EVENTS.perMinute, "one organization"), ...all };
    this.#left.set(host.id, own);
    this.#left.set(organizationId, all);
    return null;
  }

  /** These, hosts or organizations, are not here any more. */
  forget(ids: Iterable<string>): void {
    for (const id of ids) this.#left.delete(id);
  }
}

function tooMany(perMinute: number, whose: string): string {
  return `expected at most ${perMinute} events a minute from ${whose}, got more; send the rest later`;
}
