import { DurableObject } from "cloudflare:workers";
import type { Verb } from "@afloat/shared/domain";
import type { AgentMessage, CloudMessage } from "@afloat/shared/wire";
import type { Env } from "../env.ts";
import type { CommandView } from "../live.ts";
import type { AgentIdentity } from "./fleet-for.ts";

/** A command that a person ordered. Its D1 row and the audit line are written before the Fleet is told. */
export interface CommandOrder {
  id: string;
  organizationId: string;
  hostId: string;
  service: string;
  verb: Verb;
  /** Shown on the host and on the dashboard. */
  by: string;
  createdMs: number;
  expiresMs: number;
}

/** A host that has just been enrolled. */
export interface IntroducedHost {
  organizationId: string;
  id: string;
}

/** The nerve of an organization: live sockets, deadlines, commands in flight, and what D1 does not hold yet. */
export class Fleet extends DurableObject<Env> {
  override async fetch(_request: Request): Promise<Response> {
    return new Response("not yet", { status: 501 });
  }

  /** Messages of a host that speaks HTTP, and what the cloud has for it. */
  async post(_agent: AgentIdentity, _messages: AgentMessage[]): Promise<CloudMessage[]> {
    return [];
  }

  /** Sends a command to its host, and sees it to its end. Answers how it stands now. */
  async command(order: CommandOrder): Promise<CommandView> {
    return { id: order.id, hostId: order.hostId, service: order.service, verb: order.verb, by: order.by, steps: [] };
  }

  /** Loads a host from D1 (new, renamed, changed) and shows it to whoever is looking. */
  async introduce(_host: IntroducedHost): Promise<void> {}

  /** From now on only credentials of `version` and newer are let in; null lets in none. Cuts the connections of older ones. */
  async revoke(_hostId: string, _version: number | null): Promise<void> {}

  /** How many dashboards are open. */
  watchers(): number {
    return 0;
  }
}
