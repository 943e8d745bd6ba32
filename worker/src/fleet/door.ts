import type { FleetView, LiveMessage } from "../live.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { overlay } from "./core/overlay.ts";
import { Elsewhere, isElsewhere, MISDIRECTED } from "./elsewhere.ts";
import { readFleetView } from "./fleet-view.ts";
import { type AgentIdentity, IDENTITY_HEADER, type ViewerIdentity } from "./identity.ts";
import type { Nerve } from "./nerve.ts";

/** Lets in who the Worker (fleet-for.ts) has proved to be who it says. */
export class Door {
  readonly #nerve: Nerve;
  readonly #d1: D1Database;

  constructor(nerve: Nerve, d1: D1Database) {
    this.#nerve = nerve;
    this.#d1 = d1;
  }

  async open(request: Request): Promise<Response> {
    const identity: ({ kind: "agent" } & AgentIdentity) | ({ kind: "viewer" } & ViewerIdentity) = JSON.parse(
      request.headers.get(IDENTITY_HEADER) ?? "null",
    );
    try {
      return await (identity.kind === "agent" ? this.#letAgentIn(identity) : this.#letViewerIn(identity));
    } catch (error) {
      if (isElsewhere(error)) return new Response(null, { status: MISDIRECTED });
      throw error;
    }
  }

  /** The host, if this credential is in force; asks D1 where the credential is newer than what the Fleet knows. */
  async admit({ organizationId, hostId, version }: AgentIdentity): Promise<FleetHost | null> {
    const { tenants } = this.#nerve;
    const known = await tenants.host(organizationId, hostId);
    const outdated = known !== null && known.version !== null && version > known.version;
    const host = outdated ? await tenants.reload(organizationId, hostId) : known;
    if (!this.#nerve.store.isBegun(organizationId)) throw new Elsewhere();
    return host?.version === version ? host : null;
  }

  async #letAgentIn(agent: AgentIdentity): Promise<Response> {
    if ((await this.admit(agent)) === null) {
      const message = "this host's credential is not in force any more: enrol it again with `afloat enroll --again`";
      return Response.json({ error: { code: "revoked", message } }, { status: 401 });
    }
    const { 0: client, 1: server } = new WebSocketPair();
    const { organizationId, hostId, version } = agent;
    this.#nerve.sockets.acceptAgent(server, { organizationId, hostId, version }, Date.now());
    return new Response(null, { status: 101, webSocket: client });
  }

  async #letViewerIn({ organizationId, userId }: ViewerIdentity): Promise<Response> {
    await this.#nerve.tenants.begin(organizationId);
    const recorded = await this.#recordedView(organizationId);
    if (!this.#nerve.store.isBegun(organizationId)) throw new Elsewhere();
    // From here on without a pause: what changes now is pushed after the whole, never before it.
    const { 0: client, 1: server } = new WebSocketPair();
    const isFirst = !this.#nerve.sockets.isWatched(organizationId);
    const shard = this.#nerve.store.shardOf(organizationId);
    const fleet = overlay(recorded, this.#nerve.live(organizationId));
    const whole: LiveMessage = { type: "fleet", fleet, ...(shard.of === 1 ? {} : { shard }) };
    this.#nerve.sockets.acceptViewer(server, { organizationId, userId }, whole, Date.now());
    if (isFirst) this.#nerve.askToStream(organizationId);
    return new Response(null, { status: 101, webSocket: client });
  }

  async #recordedView(organizationId: string): Promise<FleetView> {
    try {
      return await readFleetView(this.#d1, organizationId, Date.now(), this.#nerve.store.shardOf(organizationId));
    } catch (cause) {
      // D1 is away: the Fleet shows what it knows by itself, which is what is open now.
      console.warn("a dashboard opened without D1", cause);
      return { hosts: [], incidents: [], commands: [] };
    }
  }
}
