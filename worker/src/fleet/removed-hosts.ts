import { and, eq, isNotNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { host as hostTable } from "../db/schema.ts";
import { noChange } from "./core/change.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { isWith } from "./core/placement.ts";
import type { Nerve } from "./nerve.ts";
import type { Attempt } from "./silent-hosts.ts";
import { turnAway } from "./turn-link.ts";

/** Was this host of an organization removed? */
export async function isRemoved(d1: D1Database, organizationId: string, hostId: string): Promise<boolean> {
  const [row] = await drizzle(d1)
    .select({ id: hostTable.id })
    .from(hostTable)
    .where(and(eq(hostTable.organizationId, organizationId), eq(hostTable.id, hostId), isNotNull(hostTable.revokedMs)));
  return row !== undefined;
}

/**
 * A host that is no longer one of ours: its silence is no alarm, and its open incidents are over: only who was told of them hears so.
 * Done twice, it changes nothing.
 */
export function part(nerve: Nerve, hostId: string, nowMs: number): void {
  const host = nerve.store.hosts.get(hostId);
  if (host === undefined) return;
  // Before it turns away, by which the end of its silence would be told.
  const change = noChange();
  for (const incident of nerve.known(host).incidents) {
    change.incidents.push({ kind: "closed", ...incident, atMs: nowMs, tell: false });
  }
  const left = nerve.commit(hostId, change, null, nowMs) ?? host;
  const gone = { why: "stopped" as const, untilMs: null };
  if (!isOut(left)) turnAway(nerve, { ...left, link: "online" }, gone, nowMs);
  nerve.sockets.show(host.organizationId, [{ type: "host-removed", hostId }]);
}

/** Nobody waits for it. */
export function isOut({ link, absence }: FleetHost): boolean {
  return link === "never" || (link === "away" && absence?.untilMs === null);
}

/** Hosts that were removed while this Fleet did not know them: as D1 holds them they may count as online still, or have open incidents. */
export function partWithKnown(nerve: Nerve, nowMs: number, attempt: Attempt): void {
  const { hosts, incidents } = nerve.store;
  const lingering = new Set(
    [...hosts.values()].flatMap((host) => (isRemovedHere(host) && !isOut(host) ? host.id : [])),
  );
  for (const { view, many } of incidents.values()) {
    // One about many hosts ends when the last of them is back, or removed.
    if (many === undefined && isRemovedHere(hosts.get(view.hostId))) lingering.add(view.hostId);
  }
  for (const id of lingering) attempt(`host ${id}, which was removed`, () => part(nerve, id, nowMs));
}

function isRemovedHere(host: FleetHost | undefined): boolean {
  return host !== undefined && host.version === null;
}

/** The same for those of which D1 says so, and this Fleet was not told: it did not look after them just then, or could not be reached. */
export async function partWithRemoved(nerve: Nerve, d1: D1Database, organizationId: string): Promise<void> {
  const { results } = await d1.prepare(REMOVED).bind(organizationId).all<{ id: string; lingers: number }>();
  const shard = nerve.store.shardOf(organizationId);
  for (const { id, lingers } of results) {
    const isLetIn = (nerve.store.hosts.get(id)?.version ?? null) !== null;
    if (!isWith(shard, id) || (lingers === 0 && !isLetIn)) continue;
    const host = await nerve.tenants.host(organizationId, id);
    if (host === null) continue;
    console.warn(`host ${id} was removed, and this Fleet was not told`);
    if (host.version !== null) nerve.store.putHost({ ...host, version: null });
    part(nerve, id, Date.now());
  }
}

/** One about many hosts may stand at one that was removed. */
const REMOVED = `
  select id, link in ('online', 'silent') or absence ->> 'untilMs' is not null or id in (
    select host_id from incident where organization_id = ?1 and closed_ms is null and kind <> 'hosts-silent'
  ) as lingers
  from host where organization_id = ?1 and revoked_ms is not null`;
