import type { Env } from "../env.ts";
import { alertsFor } from "./alerts-for.ts";

/** Somebody changed what alerts go by: channels, rules, silences. Alerts reads it anew by itself, a minute later, where it does not answer now. */
export async function tellAlerts(env: Env, organizationId: string): Promise<void> {
  try {
    await alertsFor(env, organizationId).changed(organizationId);
  } catch (error) {
    console.warn(`alerts of ${organizationId} was not told of a change`, error);
  }
}
