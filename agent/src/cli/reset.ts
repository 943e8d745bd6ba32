import { request } from "../control/client.ts";
import { ownName } from "../process/user.ts";
import { socketPathOf } from "../state/paths.ts";
import type { TellOptions } from "./ask.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { fetchStatus } from "./fetch-status.ts";

/** `afloat reset web`: its counters begin anew. What the judge counts, loops and backoff, stays as it is. */
export async function reset(place: Place, asked: string[], options: TellOptions): Promise<number> {
  const status = await fetchStatus(place.stateDir);
  const named = namedServices(
    asked,
    status.services.map(({ name }) => name),
    status.groups,
  );
  if ("fault" in named) {
    console.error(named.fault);
    return 2;
  }
  const call = { call: "reset", services: named.names, by: ownName() } as const;
  await request(socketPathOf(place.stateDir), call, () => "last");
  if (options.json === true) console.log(JSON.stringify({ services: named.names }));
  else if (options.quiet !== true) for (const name of named.names) console.log(`${name}: counters are set back`);
  return 0;
}
