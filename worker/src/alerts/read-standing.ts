import type { Env } from "../env.ts";
import type { Standing } from "./alerts.ts";
import { alertsFor } from "./alerts-for.ts";

/** How telling stands; null where Alerts does not answer: what is recorded can be shown all the same. */
export async function readStanding(env: Env, organizationId: string): Promise<Standing | null> {
  try {
    return await alertsFor(env, organizationId).standing();
  } catch (error) {
    console.warn("alerts did not say how telling stands", error);
    return null;
  }
}
