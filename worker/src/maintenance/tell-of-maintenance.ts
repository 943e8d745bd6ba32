import { tellAlerts } from "../alerts/tell-alerts.ts";
import type { Env } from "../env.ts";
import { fleetsFor } from "../fleet/fleet-for.ts";

/**
 * Has Alerts and every Fleet of an organization take what was announced, changed or ended, and notes that Fleets did. What they could not be told of
 * now, upkeep tells them. Answers whether Fleets were told.
 */
export async function tellOfMaintenance(env: Env, organizationId: string, nowMs: number): Promise<boolean> {
  const untold = env.DB.prepare("select id from maintenance where organization_id = ? and told_ms is null");
  const { results } = await untold.bind(organizationId).all<{ id: string }>();
  // It holds reminders and further steps: what was ended early sets them free.
  await tellAlerts(env, organizationId);
  try {
    await fleetsFor(env, organizationId, (fleet) => fleet.maintain(organizationId));
  } catch (error) {
    console.error("a Fleet could not be told of maintenance; upkeep tells it", error);
    return false;
  }
  if (results.length === 0) return true;
  await env.DB.prepare(TOLD)
    .bind(nowMs, JSON.stringify(results.map(({ id }) => id)))
    .run();
  return true;
}

const TOLD = "update maintenance set told_ms = ?1 where id in (select value from json_each(?2)) and told_ms is null";
