import { shardsOf } from "../fleet/core/placement.ts";
import { slotOf } from "../fleet/core/sample-slot.ts";
import type { Stock } from "./core/stock.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Each by a key or an index that is there already: rows are read for what the last day brought, and for hosts and services. */
const STOCK = `
  select
    (select place from placement where organization_id = ?1) as place,
    (select count(*) from host where organization_id = ?1 and revoked_ms is null) as hosts,
    (select count(*) from host where organization_id = ?1 and revoked_ms is null and link = 'online') as online,
    (select count(*) from service where organization_id = ?1 and removed_ms is null) as services,
    (select count(*) from (
      select id from service where organization_id = ?1 union all select id from host where organization_id = ?1
    ) subject cross join flip on flip.subject_id = subject.id and flip.at_ms >= ?2) as changes,
    (select count(*) from (
      select host_id, hour_ms from host cross join json_each(?3) slot
      cross join sample_hour on sample_hour.host_id = host.id and sample_hour.slot = slot.value
      where host.organization_id = ?1 and hour_ms >= ?2
      union select host_id, hour_ms + ${HOUR_MS} from host cross join json_each(?3) slot
      cross join sample_hour on sample_hour.host_id = host.id and sample_hour.slot = slot.value
      where host.organization_id = ?1 and hour_ms + ${HOUR_MS} >= ?2 and next_services is not null
    )) as samples,
    (select count(*) from incident where organization_id = ?1 and opened_ms >= ?2) as incidents,
    (select count(*) from incident cross join notice on notice.incident_id = incident.id
      where incident.organization_id = ?1 and incident.opened_ms >= ?2) as notices,
    (select count(*) from incident cross join notice on notice.incident_id = incident.id
      cross join delivery on delivery.notice_id = notice.id
      where incident.organization_id = ?1 and incident.opened_ms >= ?2) as deliveries,
    (select count(*) from command where organization_id = ?1 and created_ms >= ?2) as commands,
    (select count(*) from audit where organization_id = ?1 and at_ms >= ?2) as auditLines`;

/** What an organization has, and what the last 24 hours recorded of it. */
export async function readStock(d1: D1Database, organizationId: string, nowMs: number): Promise<Stock> {
  const slots = Array.from({ length: 26 }, (_, i) => slotOf(nowMs - i * HOUR_MS));
  const row = await d1
    .prepare(STOCK)
    .bind(organizationId, nowMs - DAY_MS, JSON.stringify(slots))
    .first<Pick<Stock, "hosts" | "online" | "services"> & Stock["day"] & { place: string | null }>();
  if (row === null) throw new Error("expected one row of counts from D1, got none");
  const { place, hosts, online, services, ...day } = row;
  return { fleets: shardsOf(place ?? organizationId), hosts, online, services, day };
}
