import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OFFLINE_AFTER_MS } from "@afloat/shared/core/offline-after";
import { makeCredential } from "@afloat/worker/credential";
import { D1_RECORDED, d1File } from "../faults/records.ts";
import { House } from "../stories/house/house.ts";
import type { Member } from "../stories/house/member.ts";
import { type AgentOptions, type SeededHost, SimulatedAgent } from "./simulated-agent.ts";
import { Tally } from "./tally.ts";
import { WatchedPage } from "./watched-page.ts";

const SLUG = "load";

export interface LoadOptions extends AgentOptions {
  hosts: number;
  /** Fleets that they are spread over; one unless said. */
  shards?: number;
  /** When a host counts as silent; the product's own by default, milliseconds. */
  offlineAfterMs?: number;
}

/** A real server, an organization with so many hosts, a simulated agent for each, and a dashboard that is open. */
export class FleetUnderLoad {
  readonly house: House;
  readonly owner: Member;
  readonly agents: readonly SimulatedAgent[];
  readonly tally: Tally;
  readonly page: WatchedPage;

  private constructor(house: House, owner: Member, agents: SimulatedAgent[], tally: Tally) {
    [this.house, this.owner, this.agents, this.tally] = [house, owner, agents, tally];
    this.page = new WatchedPage(tally);
  }

  /** Throws where a deadline is asked for that the cloud would not keep to. */
  static async build(options: LoadOptions): Promise<FleetUnderLoad> {
    const { least } = OFFLINE_AFTER_MS;
    if ((options.offlineAfterMs ?? least) < least) throw new Error(`expected a deadline of ${least} ms at least`);
    const house = await House.build();
    try {
      const owner = await house.found(SLUG);
      const hosts = await seedHosts(house, options);
      const { shards = 1 } = options;
      if (shards > 1) await house.server.operator("/move", { slug: SLUG, shards });
      const tally = new Tally();
      const agents = hosts.map((host) => new SimulatedAgent(house.server.url, host, tally, options));
      const fleet = new FleetUnderLoad(house, owner, agents, tally);
      await fleet.page.open(owner);
      return fleet;
    } catch (error) {
      await house.end();
      throw error;
    }
  }

  /** The server is replaced by a new one, as by a deploy that cuts every socket. The page connects anew. */
  async deploy(): Promise<void> {
    this.page.close();
    await this.house.serveAgain(() => undefined);
    await this.page.open(this.owner);
  }

  /** The recorded changes of all services and how far each host is recorded, as D1 has them. */
  recorded(): { flips: number; seqs: Map<string, number> } {
    const db = new DatabaseSync(d1File(this.house), { readOnly: true, timeout: 5_000 });
    try {
      const flips = db.prepare("select count(*) as n from flip where journal_id <> 'fleet'").get();
      const rows = db.prepare(`select id, ${D1_RECORDED} as seq from host`).all();
      return { flips: Number(flips?.["n"]), seqs: new Map(rows.map((row) => [String(row["id"]), Number(row["seq"])])) };
    } finally {
      db.close();
    }
  }

  async end(): Promise<void> {
    for (const agent of this.agents) agent.leave();
    this.page.close();
    await this.house.end();
  }
}

/**
 * The rows that enrolling makes, written while the server is away: thousands of enrolments would measure those instead. The
 * credentials are the server's own, by its secret.
 */
async function seedHosts(
  house: House,
  { hosts, offlineAfterMs = OFFLINE_AFTER_MS.otherwise }: LoadOptions,
): Promise<SeededHost[]> {
  const founding = { email: `${SLUG}@afloat.local`, name: "owner", organization: SLUG, slug: SLUG };
  const { organizationId } = await house.server.operator<{ organizationId: string }>("/found", founding);
  const secret = readFileSync(join(house.dir, "cloud", "secret"), "utf8");
  const names = Array.from({ length: hosts }, (_, i) => `host-${String(i).padStart(6, "0")}`);
  const seeded = await Promise.all(
    names.map(async (name, i) => {
      const id = `load${i}`;
      const credential = await makeCredential(secret, { organizationId, hostId: id, version: 1 });
      return { id, name, credential, offlineAfterMs };
    }),
  );
  await house.serveAgain(() => {
    const db = new DatabaseSync(d1File(house));
    const insert = db.prepare(
      `insert into host (id, organization_id, name, os, arch, tags, remote, link_since_ms, created_ms)
       values (?, ?, ?, 'Debian', 'x64', '[]', '[]', ?, ?)`,
    );
    db.exec("begin");
    for (const { id, name } of seeded) insert.run(id, organizationId, name, Date.now(), Date.now());
    db.exec("commit");
    db.close();
  });
  return seeded;
}
