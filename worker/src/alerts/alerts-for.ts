import type { Env } from "../env.ts";
import type { Alerts } from "./alerts.ts";

/** The one way to an organization's Alerts: one of its own, also where its Fleet is shared or it has several. */
export function alertsFor(env: Env, organizationId: string): DurableObjectStub<Alerts> {
  return env.ALERTS.get(env.ALERTS.idFromName(organizationId));
}
