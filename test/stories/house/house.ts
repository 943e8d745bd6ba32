import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedServer, type ServeOptions, serveEmbedded } from "@afloat/worker/embedded/serve";
import { reduceFleet } from "@afloat/worker/fleet-reducer";
import type { FleetView } from "@afloat/worker/live";
import { claimPorts } from "../../claim-ports.ts";
import { StoryHost } from "./host.ts";
import { Member } from "./member.ts";
import { until } from "./until.ts";

/** The whole product, in a folder of a story's own: a real workerd with its database, and real agents on real hosts. */
export class House {
  server: EmbeddedServer;
  readonly dir: string;
  readonly #options: ServeOptions;
  readonly #hosts: StoryHost[] = [];

  private constructor(dir: string, server: EmbeddedServer, options: ServeOptions) {
    [this.dir, this.server, this.#options] = [dir, server, options];
  }

  /** `more`: what its server is told beside what all are, or otherwise. */
  static async build(more: Partial<ServeOptions> = {}): Promise<House> {
    const dir = mkdtempSync(join(tmpdir(), "afloat-story-"));
    const port = await claimPorts();
    const options: ServeOptions = {
      ...{ stateDir: join(dir, "cloud"), host: "127.0.0.1", port, allowPrivate: true, statusCacheMs: 200 },
      say: (text) => console.log(text),
      ...more,
    };
    return new House(dir, await serveEmbedded(options), options);
  }

  /** The folder of what the server keeps: `d1`, `fleet`, `queues`. */
  get dataDir(): string {
    return join(this.#options.stateDir, "data");
  }

  /** The server ends, something is done while it is away, and it is served again at the same address. */
  async serveAgain(meanwhile: () => void | Promise<void>): Promise<void> {
    await this.server.stop();
    await meanwhile();
    this.server = await serveEmbedded(this.#options);
  }

  /** Founds an organization and signs its owner in. */
  async found(slug: string): Promise<Member> {
    return this.signIn(slug, await this.foundOnly(slug));
  }

  /** Founds an organization whose owner does not sign in: only some of one address may within a minute. Returns his address. */
  async foundOnly(slug: string): Promise<string> {
    const email = `${slug}@afloat.local`;
    await this.server.operator("/found", { email, name: `${slug}'s owner`, organization: slug, slug });
    return email;
  }

  async signIn(slug: string, email: string): Promise<Member> {
    const { url } = await this.server.operator<{ url: string }>("/sign-in-link", { email });
    return Member.enter(this.server.url, slug, url);
  }

  async enrolmentKey(slug: string): Promise<string> {
    const wanted = { slug, name: "story", singleUse: true, expiresInMs: 600_000 };
    return (await this.server.operator<{ key: string }>("/enrolment-key", wanted)).key;
  }

  /** A host with this configuration, enrolled, its agent started. `cloud`: another way to the server. */
  async addHost(slug: string, name: string, services: string, cloud = this.server.url): Promise<StoryHost> {
    const host = new StoryHost(join(this.dir, name), `cloud: ${cloud}\n${services}`);
    this.#hosts.push(host);
    host.run(["enroll", "--name", name], { AFLOAT_ENROLMENT_KEY: await this.enrolmentKey(slug) });
    host.start();
    return host;
  }

  /** The audit log, newest first, as the operator reads it. */
  auditLines(slug: string): Promise<{ action: string; actorKind: string; actorName: string; target: string }[]> {
    return this.server.operator("/audit", { slug });
  }

  /** What the member's dashboard shows at this moment, by however many Fleets the organization has. */
  async fleetOf(member: Member): Promise<FleetView> {
    let fleet: FleetView = { hosts: [], incidents: [], commands: [] };
    for (let shard = 0, shards = 1; shard < shards; shard++) {
      const seen = await member.watch(undefined, undefined, shard);
      const whole = await until("the whole fleet", () => seen.messages.find((message) => message.type === "fleet"));
      seen.close();
      fleet = reduceFleet(fleet, whole);
      shards = whole.shard?.of ?? 1;
    }
    return fleet;
  }

  /** A host's id, as the member's dashboard knows it. */
  async hostIdOf(member: Member, name: string): Promise<string> {
    return until(`host ${name}`, async () => (await this.fleetOf(member)).hosts.find((each) => each.name === name)?.id);
  }

  async end(): Promise<void> {
    for (const host of this.#hosts) await host.end();
    await this.server.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
