import type { Verb } from "@afloat/shared/domain";
import type { Context } from "hono";
import { freshId } from "../auth/ids.ts";
import { may } from "../auth/roles.ts";
import { fleetFor } from "../fleet/fleet-for.ts";
import type { CommandView } from "../live.ts";
import { forbidden, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";

/** A command not taken by its host within this time is over, milliseconds: nothing happens by surprise an hour later. */
const COMMAND_LIFE_MS = 60_000;

const UNHEARD =
  "the command could not be handed over; should it have arrived all the same, its steps appear here. Look, then try again";

export type Ordered = { kind: "ordered"; command: CommandView } | { kind: "refused"; answer: Response };

/** A person asks something of a service: whether he and its host allow it is looked at here, then it is written down and handed over. */
export async function orderCommand(
  c: Context<Guarded>,
  { hostId, service, verb }: { hostId: string; service: string; verb: Verb },
): Promise<Ordered> {
  const { organization, person, role } = c.get("scope");
  if (!may(role, `service:${verb}`)) return refused(forbidden(c, role));
  const records = c.get("records");
  const [host, target] = await Promise.all([records.host(hostId), records.service(hostId, service)]);
  if (host === null || target === null) {
    return refused(problem(c, 404, "no-such-service", `there is no service ${service} on this host any more`));
  }
  if (!host.remote.includes(verb)) {
    const allows = host.remote.length === 0 ? "nothing" : host.remote.join(", ");
    const message = `${host.name} allows ${allows} from afar; add ${verb} to remote: in its afloat.yaml`;
    return refused(problem(c, 409, "not-allowed-by-host", message));
  }
  const createdMs = Date.now();
  const id = freshId();
  const times = { createdMs, expiresMs: createdMs + COMMAND_LIFE_MS };
  const queued = { step: "queued" as const, atMs: createdMs, detail: "" };
  const by = { byUserId: person.id, byName: person.name };
  await records.orderCommand(
    { ...{ id, hostId, serviceName: service, verb, ...times }, step: "queued", steps: [queued], ...by },
    { kind: "person", ...person },
  );
  const asker = { by: person.name, byUserId: person.id };
  const order = { id, organizationId: organization.id, hostId, service, verb, ...asker, ...times };
  try {
    const command = await fleetFor(c.env, organization.id, hostId, (fleet) => fleet.command(order));
    return { kind: "ordered", command };
  } catch (error) {
    console.error("a command could not be handed over", error);
    const failed = { step: "failed" as const, atMs: Date.now(), detail: "it could not be handed over" };
    await records.failCommand(id, [queued, failed]);
    return refused(problem(c, 503, "not-handed-over", UNHEARD));
  }
}

function refused(answer: Response): Ordered {
  return { kind: "refused", answer };
}
