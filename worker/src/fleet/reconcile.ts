import { type Agreement, decideAgreement, type Disagreement, DISAGREEMENTS } from "./core/agreement.ts";
import { isEmpty } from "./core/change.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { takeMaintenance } from "./maintained.ts";
import type { Nerve } from "./nerve.ts";
import { readRecorded } from "./read-recorded.ts";
import { partWithRemoved } from "./removed-hosts.ts";

/** How often what was mended, by kind. */
export type Mended = Partial<Record<Disagreement, number>>;

/**
 * Compares what the Fleet knows of an organization with D1, and mends what differs. Where all agrees nothing is written. Hosts that
 * are told of at this moment are left for the next time.
 */
export async function reconcile(nerve: Nerve, d1: D1Database, organizationId: string): Promise<Mended> {
  await nerve.tenants.begin(organizationId);
  // Some days of it are known ahead.
  await takeMaintenance(nerve, organizationId);
  await partWithRemoved(nerve, d1, organizationId);
  await nerve.recorder.flush();
  const before = new Map(settledHosts(nerve, organizationId).map((host) => [host.id, host.recordedPosition]));
  const open = [...nerve.store.incidents.values()].flatMap(({ view }) => (before.has(view.hostId) ? view.id : []));
  const isSpread = nerve.store.shardOf(organizationId).of > 1;
  const recorded = await readRecorded(d1, organizationId, open, isSpread ? [...before.keys()] : null);
  const nowMs = Date.now();
  const mended: Mended = {};
  // Read once more: what changed while D1 was asked is not compared with what it said before.
  for (const host of settledHosts(nerve, organizationId)) {
    const row = recorded.get(host.id);
    if (row === undefined || before.get(host.id) !== host.recordedPosition) continue;
    // One about many hosts is open at this one, too.
    const incidents = [...nerve.store.incidents.values()].filter(({ view }) => view.hostId === host.id);
    const agreement = decideAgreement({ ...nerve.known(host), incidents }, row, {
      nowMs,
      position: nerve.store.journal.nextPosition(nowMs),
      heardMs: nerve.heardMs(host),
      isHeard: isHeard(nerve, host, nowMs),
    });
    if (!isEmpty(agreement.change)) mend(nerve, host, agreement, nowMs);
    for (const kind of agreement.mended) mended[kind] = (mended[kind] ?? 0) + 1;
  }
  return mended;
}

function isHeard(nerve: Nerve, host: FleetHost, nowMs: number): boolean {
  return nerve.sockets
    .agents(host.id)
    .some(({ attachment, heardMs }) => attachment.speaker !== null && nowMs - heardMs < host.offlineAfterMs);
}

/** Hosts of which D1 has all that the Fleet has. */
function settledHosts(nerve: Nerve, organizationId: string): FleetHost[] {
  const held = new Set(nerve.store.journal.pending.map(({ hostId }) => hostId));
  const settled = [...nerve.store.hosts.values()].filter(
    (host) => host.organizationId === organizationId && host.version !== null && !held.has(host.id),
  );
  return settled.map((host) => nerve.store.host(host.id) ?? host);
}

function mend(nerve: Nerve, host: FleetHost, { change, mended }: Agreement, nowMs: number): void {
  const kinds = [...new Set(mended)];
  console.warn(`mended of host ${host.id}: ${kinds.map((kind) => DISAGREEMENTS[kind]).join(", ")}`);
  const detail = Object.fromEntries(kinds.map((kind) => [kind, `${mended.filter((each) => each === kind).length}`]));
  change.written.push({ kind: "audit", action: "fleet.mended", target: host.id, detail, atMs: nowMs });
  nerve.commit(host.id, change, null, nowMs);
}
