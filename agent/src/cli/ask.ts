import { request } from "../control/client.ts";
import type { ControlRequest } from "../control/protocol.ts";
import type { Place } from "./place.ts";
import { ownName } from "../process/user.ts";
import { socketPathOf } from "../state/paths.ts";
import { fetchStatus } from "./status.ts";
import { namedServices } from "./named-services.ts";

type Verb = Extract<ControlRequest, { call: "ask" }>["verb"];

/** `afloat restart web`: answers when it is done, refused or failed. */
export async function ask(place: Place, verb: Verb, asked: string[]): Promise<number> {
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
  const services = named.names;
  let code = 0;
  await request(socketPathOf(place.stateDir), { call: "ask", verb, services, by: ownName() }, (answer) => {
    if (answer.kind === "asked") {
      for (const { service, kind, detail } of answer.outcomes) {
        console.log(`${service}: ${kind === "done" ? detail : `${kind}: ${detail}`}`);
        if (kind !== "done") code = 1;
      }
    }
    return "last";
  });
  return code;
}
