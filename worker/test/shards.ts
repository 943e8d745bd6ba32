import { freshId } from "../src/auth/ids.ts";
import { isWith, shardsPlace } from "../src/fleet/core/placement.ts";
import { placeIn } from "./cells.ts";
import { makeHost, makeOrganization, type TestHost } from "./ground.ts";

/** An organization that is spread over so many Fleets from the start. */
export async function makeSpread(shards: number): Promise<{ organizationId: string; place: string }> {
  const organizationId = await makeOrganization();
  const place = shardsPlace(organizationId, shards);
  await placeIn(place, organizationId);
  return { organizationId, place };
}

/** A host that is with this shard. */
export function makeHostAt(organizationId: string, at: number, of: number, name = `web-${at}`): Promise<TestHost> {
  let id = freshId();
  while (!isWith({ at, of }, id)) id = freshId();
  return makeHost(organizationId, name, id);
}
