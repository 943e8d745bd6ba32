import type { Env } from "../env.ts";
import type { Fleet } from "./fleet.ts";
import { type AgentIdentity, IDENTITY_HEADER, type ViewerIdentity } from "./identity.ts";

/**
 * The one way to a Fleet. Today one Fleet is one organization; a large one may later be spread over several by host, and
 * small ones may share a cell, without touching a caller.
 */
export function fleetFor(env: Env, organizationId: string, _hostId?: string): DurableObjectStub<Fleet> {
  return env.FLEET.get(env.FLEET.idFromName(organizationId));
}

/** Hands an agent's WebSocket upgrade to its Fleet. */
export function connectAgent(env: Env, request: Request, agent: AgentIdentity): Promise<Response> {
  return handOver(fleetFor(env, agent.organizationId, agent.hostId), request, { kind: "agent", ...agent });
}

/** Hands a dashboard's WebSocket upgrade to the organization's Fleet. Whoever calls this has checked session and origin. */
export function connectViewer(env: Env, request: Request, viewer: ViewerIdentity): Promise<Response> {
  return handOver(fleetFor(env, viewer.organizationId), request, { kind: "viewer", ...viewer });
}

function handOver(fleet: DurableObjectStub<Fleet>, request: Request, identity: object): Promise<Response> {
  // Built anew: nothing the client sent travels further than the upgrade itself.
  return fleet.fetch("https://fleet/", {
    headers: {
      Upgrade: request.headers.get("Upgrade") ?? "",
      [IDENTITY_HEADER]: JSON.stringify(identity),
    },
  });
}
