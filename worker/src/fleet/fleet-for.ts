import type { Env } from "../env.ts";
import { Elsewhere, isElsewhere, MISDIRECTED } from "./elsewhere.ts";
import type { Fleet } from "./fleet.ts";
import { type AgentIdentity, IDENTITY_HEADER, type ViewerIdentity } from "./identity.ts";
import { Placements } from "./placements.ts";

/** One per isolate and database. */
const placements = new WeakMap<D1Database, Placements>();

/** The Fleet of this name, whoever is with it. */
export function fleetAt(env: Env, place: string): DurableObjectStub<Fleet> {
  return env.FLEET.get(env.FLEET.idFromName(place));
}

/**
 * The one way to an organization's Fleet: one of its own, or a cell that it shares. Where it has been moved meanwhile, it is asked once
 * more at its new place; while it is on its way, this fails with Elsewhere.
 */
export async function fleetFor<T>(
  env: Env,
  organizationId: string,
  ask: (fleet: DurableObjectStub<Fleet>) => Promise<T>,
): Promise<T> {
  const known = placements.get(env.DB) ?? new Placements();
  placements.set(env.DB, known);
  try {
    return await ask(fleetAt(env, await known.find(env, organizationId, Date.now())));
  } catch (error) {
    if (!isElsewhere(error)) throw error;
  }
  known.forget(organizationId);
  return ask(fleetAt(env, await known.find(env, organizationId, Date.now())));
}

/** Hands an agent's WebSocket upgrade to its Fleet. */
export function connectAgent(env: Env, request: Request, agent: AgentIdentity): Promise<Response> {
  return handOver(env, request, { kind: "agent", ...agent });
}

/** Hands a dashboard's WebSocket upgrade to the organization's Fleet. Whoever calls this has checked session and origin. */
export function connectViewer(env: Env, request: Request, viewer: ViewerIdentity): Promise<Response> {
  return handOver(env, request, { kind: "viewer", ...viewer });
}

function handOver(
  env: Env,
  request: Request,
  identity: ({ kind: "agent" } & AgentIdentity) | ({ kind: "viewer" } & ViewerIdentity),
): Promise<Response> {
  return fleetFor(env, identity.organizationId, async (fleet) => {
    // Built anew: nothing the client sent travels further than the upgrade itself.
    const answer = await fleet.fetch("https://fleet/", {
      headers: {
        Upgrade: request.headers.get("Upgrade") ?? "",
        [IDENTITY_HEADER]: JSON.stringify(identity),
      },
    });
    if (answer.status === MISDIRECTED) throw new Elsewhere();
    return answer;
  });
}
