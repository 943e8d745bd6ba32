import { drizzle } from "drizzle-orm/d1";
import type { FleetView, Rest } from "../live.ts";
import { restOf } from "../pages/rest-of.ts";
import { readFleetView, readHosts, readLately } from "./fleet-view.ts";

/** With more hosts, the page comes with some of them at first. */
const WHOLE_HOSTS = 500;
/** Those that it comes with. */
const FIRST_HOSTS = 100;

/**
 * What a dashboard begins with, from D1: everything, or of a large organization the counts, what is open, and the hosts that it is about.
 * All else comes over the page's sockets.
 */
export async function readFirstView(d1: D1Database, organizationId: string, nowMs: number): Promise<FleetView> {
  const size = await d1.prepare(SIZE).bind(organizationId).first<{ hosts: number }>();
  if ((size?.hosts ?? 0) <= WHOLE_HOSTS) return readFleetView(d1, organizationId, nowMs);
  const [lately, all, needy] = await Promise.all([
    readLately(d1, organizationId, nowMs),
    d1.prepare(COUNTS).bind(organizationId).first<Rest>(),
    d1.prepare(NEEDY).bind(organizationId, FIRST_HOSTS).all<{ id: string }>(),
  ]);
  const hosts = await readHosts(
    drizzle(d1),
    organizationId,
    needy.results.map(({ id }) => id),
  );
  const shown = restOf(hosts);
  const left = (which: keyof Rest) => Math.max(0, (all?.[which] ?? 0) - shown[which]);
  return { ...lately, hosts, rest: { hosts: left("hosts"), silent: left("silent"), services: left("services") } };
}

const SIZE = `select count(*) as hosts from (
  select 1 from host where organization_id = ?1 and revoked_ms is null limit ${WHOLE_HOSTS + 1})`;

const COUNTS = `select
  (select count(*) from host where organization_id = ?1 and revoked_ms is null) as hosts,
  (select count(*) from host where organization_id = ?1 and revoked_ms is null
    and (link = 'silent' or (link = 'away' and coalesce(absence ->> 'why', '') <> 'asleep'))) as silent,
  (select count(*) from service where organization_id = ?1 and removed_ms is null) as services`;

/** Those with something open, then those that are not heard, then others. */
const NEEDY = `select id from host where organization_id = ?1 and revoked_ms is null
  order by not exists (select 1 from incident
    where incident.organization_id = ?1 and incident.host_id = host.id and incident.closed_ms is null),
    link in ('online', 'never'), name limit ?2`;
