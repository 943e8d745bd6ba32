import type { Env } from "../env.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { informFleet } from "../fleet/fleet-for.ts";
import { readIncidents } from "../fleet/fleet-view.ts";
import type { LiveMessage } from "../live.ts";

/** Of very many hosts, those who look see it with the next look. */
const HOSTS = 10;

/** Those who are looking see at once who was told. Never rejects: they see it with the next look as well. */
export async function showTold(
  env: Env,
  organizationId: string,
  about: readonly { id: string; hostId: string }[],
): Promise<void> {
  const byHost = [...Map.groupBy(about, ({ hostId }) => hostId)].slice(0, HOSTS);
  for (const [hostId, incidents] of byHost) {
    try {
      await informFleet(env, organizationId, hostId, (fleet) => show(env, fleet, organizationId, incidents));
    } catch (error) {
      console.warn(`who was told of incidents of ${hostId} is not shown`, error);
    }
  }
}

async function show(
  env: Env,
  fleet: DurableObjectStub<Fleet>,
  organizationId: string,
  about: readonly { id: string }[],
): Promise<void> {
  if ((await fleet.watchers(organizationId)) === 0) return;
  const ids = new Set(about.map(({ id }) => id));
  const { incidents } = await readIncidents(env.DB, organizationId, Date.now());
  const told = incidents.filter(({ id }) => ids.has(id));
  await fleet.show(
    organizationId,
    told.map((incident): LiveMessage => ({ type: "incident", incident })),
  );
}
