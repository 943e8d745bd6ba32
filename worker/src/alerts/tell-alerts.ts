import type { Env } from "../env.ts";
import { alertsFor } from "./alerts-for.ts";

/** Tells an organization's Alerts that people changed what they set. False where it could not be reached: it looks by itself when it decides something next. */
export async function tellAlerts(env: Env, organizationId: string): Promise<boolean> {
  try {
    await alertsFor(env, organizationId).changed(organizationId);
    return true;
  } catch (error) {
    console.warn(`alerts of ${organizationId} could not be told that something was set`, error);
    return false;
  }
}
