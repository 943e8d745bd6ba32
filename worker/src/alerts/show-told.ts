import type { Env } from "../env.ts";
import { informFleet } from "../fleet/fleet-for.ts";
import { readIncidents } from "../fleet/fleet-view.ts";
import type { LiveMessage } from "../live.ts";

/** Those who are looking see at once who was told. Never rejects: they see it with the next look as well. */
export async function showTold(
  env: Env,
  organizationId: string,
  { id: of, hostId }: { id: string; hostId: string },
): Promise<void> {
  try {
    await informFleet(env, organizationId, hostId, async (fleet) => {
      if ((await fleet.watchers(organizationId)) === 0) return;
      const incidents = await readIncidents(env.DB, organizationId);
      const shown = incidents.find(({ id }) => id === of);
      const told: LiveMessage[] = shown === undefined ? [] : [{ type: "incident", incident: shown }];
      await fleet.show(organizationId, told);
    });
  } catch (error) {
    console.warn(`who was told of ${of} is not shown`, error);
  }
}
