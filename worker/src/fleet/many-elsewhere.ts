import { noChange } from "./core/change.ts";
import type { FleetHost, OpenIncident } from "./core/fleet-types.ts";
import { decideGathered, incidentOf, partFrom, type SilentPart } from "./core/many-parts.ts";
import { fleetsOf, isWith, shardsPlace } from "./core/placement.ts";
import { decideReturned } from "./core/silence.ts";
import type { Env } from "../env.ts";
import type { Nerve } from "./nerve.ts";
import { openMany, tellOver } from "./silent-hosts.ts";
import { within } from "../within.ts";

/** The first Fleet is asked for so long at most, and so is D1, milliseconds: deadlines of others wait for it. */
const ANSWER_MS = 5_000;
/** Could it not be reached, it is tried once more after so long, milliseconds; then a Fleet tells of its own hosts by itself. */
const AGAIN_MS = 10_000;
/** Whether hosts of other Fleets are back is looked up so often while people know of them, milliseconds. */
const LOOK_MS = 60_000;

/** Many silent hosts of an organization that is spread over several Fleets: the first of these tells of all, as of one thing. */
export class ManyElsewhere {
  readonly #nerve: Nerve;
  readonly #env: Env;
  /** Hosts of other Fleets that are back, or gone for good, by D1. */
  readonly #back = new Set<string>();
  #lookedMs = 0;

  constructor(nerve: Nerve, env: Env) {
    this.#nerve = nerve;
    this.#env = env;
  }

  /** Of a host that is with another Fleet: is it known to be back? */
  isBack(hostId: string): boolean {
    return this.#back.has(hostId);
  }

  /** When this incident is to be looked at again; null where it is all about hosts that are here, and told. */
  dueMs({ view, many }: OpenIncident): number | null {
    if (many === undefined) return null;
    const { heldUntilMs } = view;
    const lookMs = this.#elsewhere(view.hostId, many.hosts).length > 0 ? this.#lookedMs + LOOK_MS : null;
    return heldUntilMs === undefined || lookMs === null ? (heldUntilMs ?? lookMs) : Math.min(heldUntilMs, lookMs);
  }

  /** Hands over what is due, looks who is back elsewhere, and has people told. Nothing that goes wrong goes further. */
  async see(nowMs: number): Promise<void> {
    try {
      await this.#handOver(nowMs);
      await this.#look(nowMs);
      this.#tell(nowMs);
    } catch (error) {
      console.error("many silent hosts could not be seen to", error);
    }
  }

  /** Another Fleet of the organization, or this one, misses many. Throws where no host is here at which that could stand. */
  gather(organizationId: string, part: SilentPart, nowMs: number): void {
    const { store } = this.#nerve;
    const host =
      part.hosts.flatMap(({ id }) => store.hosts.get(id) ?? [])[0] ??
      [...store.hosts.values()].find((each) => each.organizationId === organizationId && each.version !== null);
    if (host === undefined) throw new Error("no host of this organization is with its first Fleet");
    const known = incidentOf(openMany(this.#nerve, organizationId), part);
    const at = { nowMs, position: store.journal.nextPosition(nowMs) };
    const turn = decideGathered(host, known, part, at);
    this.#nerve.commit(turn.view.hostId, { ...noChange(), incidents: [turn] }, null, nowMs);
  }

  async #handOver(nowMs: number): Promise<void> {
    const due = [...this.#nerve.store.hosts.values()].filter(
      ({ organizationId, link, held }) =>
        link === "silent" &&
        held?.why === "many" &&
        held.untilMs <= nowMs &&
        this.#nerve.store.shardOf(organizationId).of > 1,
    );
    for (const [organizationId, hosts] of Map.groupBy(due, (host) => host.organizationId)) {
      const part = partFrom(this.#nerve.store.shardOf(organizationId).at, hosts);
      try {
        await this.#give(organizationId, part, nowMs);
        this.#handed(hosts, part, nowMs);
      } catch (error) {
        console.warn("many silent hosts could not be handed to the first Fleet of their organization", error);
        this.#keep(hosts, nowMs);
      }
    }
  }

  async #give(organizationId: string, part: SilentPart, nowMs: number): Promise<void> {
    const { of } = this.#nerve.store.shardOf(organizationId);
    if (part.at === 0) return this.gather(organizationId, part, nowMs);
    const [first = ""] = fleetsOf(shardsPlace(organizationId, of));
    const fleet = this.#env.FLEET.get(this.#env.FLEET.idFromName(first));
    await within(ANSWER_MS, fleet.gather(organizationId, part));
  }

  /** They are told of elsewhere. One that came back meanwhile is found to be back by whoever tells. */
  #handed(hosts: readonly FleetHost[], { fromMs, toMs }: SilentPart, nowMs: number): void {
    for (const { id } of this.#stillHeld(hosts)) {
      const patch = { held: undefined, withMany: { fromMs, toMs } };
      this.#nerve.commit(id, { ...noChange(), patch }, null, nowMs);
    }
  }

  /** Tried once more; after that people are told all the same. */
  #keep(hosts: readonly FleetHost[], nowMs: number): void {
    const held = this.#stillHeld(hosts);
    const isSecond = held.some((host) => host.held?.why === "many" && host.held.again === true);
    if (isSecond) return tellOver(this.#nerve, held, nowMs);
    for (const host of held) {
      if (host.held?.why !== "many") continue;
      this.#nerve.store.putHost({ ...host, held: { ...host.held, untilMs: nowMs + AGAIN_MS, again: true } });
    }
  }

  #stillHeld(hosts: readonly FleetHost[]): FleetHost[] {
    return hosts.flatMap(({ id }) => {
      const host = this.#nerve.store.hosts.get(id);
      return host?.link === "silent" && host.held?.why === "many" ? [host] : [];
    });
  }

  /** Asks D1 which hosts of other Fleets are back: of these nobody here hears. */
  async #look(nowMs: number): Promise<void> {
    const open = this.#open().filter((incident) => (this.dueMs(incident) ?? Infinity) <= nowMs);
    const ids = open.flatMap(({ view, many }) => this.#elsewhere(view.hostId, many?.hosts ?? []));
    if (ids.length === 0) return;
    this.#lookedMs = nowMs;
    try {
      const { results } = await within(
        ANSWER_MS,
        this.#env.DB.prepare(BACK).bind(JSON.stringify(ids)).all<{ id: string }>(),
      );
      for (const { id } of results) this.#back.add(id);
    } catch (error) {
      console.warn("whether silent hosts of other Fleets are back could not be looked up", error);
    }
    for (const incident of open) this.#turn(incident, nowMs);
    for (const id of ids) this.#back.delete(id);
  }

  #turn(incident: OpenIncident, nowMs: number): void {
    const { hosts } = this.#nerve.store;
    const isSilent = (id: string) => !this.#back.has(id) && (hosts.get(id)?.link ?? "silent") === "silent";
    const turn = decideReturned(incident, isSilent, nowMs);
    if (turn !== null) this.#nerve.commit(incident.view.hostId, { ...noChange(), incidents: [turn] }, null, nowMs);
  }

  /** What every Fleet of the organization had time for is told. */
  #tell(nowMs: number): void {
    for (const incident of this.#open()) {
      const { heldUntilMs, ...view } = incident.view;
      if (heldUntilMs === undefined || heldUntilMs > nowMs) continue;
      const told = { ...incident, kind: "told" as const, view, atMs: nowMs, tell: true };
      this.#nerve.commit(view.hostId, { ...noChange(), incidents: [told] }, null, nowMs);
    }
  }

  #open(): OpenIncident[] {
    return [...this.#nerve.store.incidents.values()].filter(({ many }) => many !== undefined);
  }

  /** Those of these hosts that are with other Fleets. `hostId`: one of the same organization that is here. */
  #elsewhere(hostId: string, hosts: readonly { id: string }[]): string[] {
    const { store } = this.#nerve;
    const shard = store.shardOf(store.hosts.get(hostId)?.organizationId ?? "");
    return hosts.flatMap(({ id }) => (isWith(shard, id) ? [] : id));
  }
}

const BACK = `select id from host where id in (select value from json_each(?1)) and (link <> 'silent' or revoked_ms is not null)`;
