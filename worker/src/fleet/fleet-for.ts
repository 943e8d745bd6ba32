import type { Env } from "../env.ts";
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
 * The one way to an organization's Fleet: one of its own, or a cell that it shares. Where it turns out to be with another, that one is
 * asked; while it is on its way from one to the other, this fails with Elsewhere.
 */
export async function fleetFor<T>(env: Env, organizationId: string, ask: Ask<T>): Promise<T> {
  const place = placements.guess(env, organizationId);
  try {
    return await ask(fleetAt(env, place));
  } catch (error) {
    if (!isElsewhere(error)) throw error;
  }
  const found = await placements.learn(env, organizationId);
  if (found === place) throw new Elsewhere();
  return ask(fleetAt(env, found));
}

/**
 * Tells an organization's Fleet what is in D1 already, or is for open dashboards only. On its way from one to the other it has no
 * dashboards and no connections, and whoever takes it over reads D1: nobody has to be told.
 */
export async function informFleet(env: Env, organizationId: string, tell: Ask<void>): Promise<void> {
  try {
    await fleetFor(env, organizationId, tell);
  } catch (error) {
    if (!isElsewhere(error)) throw error;
  }
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
