import type { Env } from "../env.ts";
import { fleetOf, fleetsOf } from "./core/placement.ts";
import { Elsewhere, isElsewhere, MISDIRECTED } from "./elsewhere.ts";
import type { Fleet } from "./fleet.ts";
import { type AgentIdentity, IDENTITY_HEADER, type ViewerIdentity } from "./identity.ts";
import { Placements } from "./placements.ts";

/** One per isolate. */
const placements = new Placements();

type Ask<T> = (fleet: DurableObjectStub<Fleet>) => Promise<T>;

/** The Fleet of this name, whoever is with it. */
export function fleetAt(env: Env, place: string): DurableObjectStub<Fleet> {
  return env.FLEET.get(env.FLEET.idFromName(place));
}

/**
 * The one way to the Fleet of a host, whether its organization has one of its own, shares a cell, or is spread over several. Where it
 * turns out to be with another, that one is asked; while it is on its way from one to the other, this fails with Elsewhere.
 */
export function fleetFor<T>(env: Env, organizationId: string, hostId: string, ask: Ask<T>): Promise<T> {
  return atPlace(env, organizationId, (place) => ask(fleetAt(env, fleetOf(place, hostId))));
}

/** The same for every Fleet of an organization, however many there are. `ask` may be put to some of them twice. */
export function fleetsFor<T>(env: Env, organizationId: string, ask: Ask<T>): Promise<T[]> {
  return atPlace(env, organizationId, async (place) => {
    const answers = await Promise.allSettled(fleetsOf(place).map((name) => ask(fleetAt(env, name))));
    const failures: unknown[] = answers.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    if (failures.length > 0) throw failures.find(isElsewhere) ?? failures[0];
    return answers.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  });
}

/**
 * Tells a host's Fleet what is in D1 already, or is for open dashboards only. On its way from one to the other it has no
 * dashboards and no connections, and whoever takes it over reads D1: nobody has to be told.
 */
export function informFleet(env: Env, organizationId: string, hostId: string, tell: Ask<void>): Promise<void> {
  return unlessMoving(fleetFor(env, organizationId, hostId, tell));
}

/** The same for every Fleet of an organization. */
export function informFleets(env: Env, organizationId: string, tell: Ask<void>): Promise<void> {
  return unlessMoving(fleetsFor(env, organizationId, tell));
}

async function unlessMoving(telling: Promise<unknown>): Promise<void> {
  try {
    await telling;
  } catch (error) {
    if (!isElsewhere(error)) throw error;
  }
}

/** Asks where the organization is believed to be, and once more where it turns out to be instead. */
async function atPlace<T>(env: Env, organizationId: string, ask: (place: string) => Promise<T>): Promise<T> {
  const place = placements.guess(env, organizationId);
  try {
    return await ask(place);
  } catch (error) {
    if (!isElsewhere(error)) throw error;
  }
  // Of thousands that come at once, one has found out by now.
  const meanwhile = placements.guess(env, organizationId);
  const found = meanwhile === place ? await placements.learn(env, organizationId) : meanwhile;
  if (found === place) throw new Elsewhere();
  return ask(found);
}

/** Hands an agent's WebSocket upgrade to its Fleet. */
export function connectAgent(env: Env, request: Request, agent: AgentIdentity): Promise<Response> {
  return fleetFor(env, agent.organizationId, agent.hostId, (fleet) =>
    handOver(fleet, request, { kind: "agent", ...agent }),
  );
}

/**
 * Hands a dashboard's WebSocket upgrade to one of the organization's Fleets, counted from 0. Null where there is none of this number;
 * without a number only a Fleet that has the whole will do. Whoever calls this has checked session and origin.
 */
export function connectViewer(
  env: Env,
  request: Request,
  viewer: ViewerIdentity,
  shard: number | null,
): Promise<Response | null> {
  return atPlace(env, viewer.organizationId, async (place) => {
    const names = fleetsOf(place);
    const name = shard === null && names.length > 1 ? undefined : names[shard ?? 0];
    if (name !== undefined) return handOver(fleetAt(env, name), request, { kind: "viewer", ...viewer });
    // By what is believed: there may be as many by now.
    if ((await placements.learn(env, viewer.organizationId)) !== place) throw new Elsewhere();
    return null;
  });
}

async function handOver(
  fleet: DurableObjectStub<Fleet>,
  request: Request,
  identity: ({ kind: "agent" } & AgentIdentity) | ({ kind: "viewer" } & ViewerIdentity),
): Promise<Response> {
  // Built anew: nothing the client sent travels further than the upgrade itself.
  const answer = await fleet.fetch("https://fleet/", {
    headers: {
      Upgrade: request.headers.get("Upgrade") ?? "",
      [IDENTITY_HEADER]: JSON.stringify(identity),
    },
  });
  if (answer.status === MISDIRECTED) throw new Elsewhere();
  return answer;
}
