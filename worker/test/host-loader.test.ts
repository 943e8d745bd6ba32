import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { host as hostTable } from "../src/db/schema.ts";
import { HostLoader } from "../src/fleet/host-loader.ts";
import { db, makeHost, makeOrganization, type TestHost } from "./ground.ts";

let organizationId: string;
let hosts: TestHost[];

beforeEach(async () => {
  organizationId = await makeOrganization();
  hosts = await Promise.all(Array.from({ length: 5 }, (_, i) => makeHost(organizationId, `web-${i}`)));
});

/** The database, and how often it was asked. */
function counted(): { d1: D1Database; batches: () => number } {
  let batches = 0;
  const batch = (statements: D1PreparedStatement[]) => {
    batches += 1;
    return env.DB.batch(statements);
  };
  const d1 = new Proxy(env.DB, { get: (of, name) => (name === "batch" ? batch : Reflect.get(of, name).bind(of)) });
  return { d1, batches: () => batches };
}

const first = () => hosts[0] ?? expect.fail("no host");
const named = (ids: TestHost[], loader: HostLoader) =>
  Promise.all(ids.map(async ({ id }) => (await loader.load(organizationId, id))?.host.name));

describe("hosts that a Fleet does not know yet", () => {
  it("and that connect at once are looked up together: the first by itself, all others while that goes on", async () => {
    const { d1, batches } = counted();
    const loader = new HostLoader(d1);
    expect(await named([...hosts, ...hosts], loader)).toEqual([...hosts, ...hosts].map(({ name }) => name));
    expect(batches()).toBeLessThanOrEqual(2);
  });

  it("are looked up in parts, however many there are", async () => {
    const { d1, batches } = counted();
    const loader = new HostLoader(d1);
    const nobody = Array.from({ length: 250 }, (_, i) => ({ ...first(), id: `nobody-${i}` }));
    expect((await named([...nobody, first()], loader)).filter((name) => name !== undefined)).toEqual([first().name]);
    expect(batches()).toBeLessThanOrEqual(4);
  });

  it("are not found in another organization", async () => {
    const loader = new HostLoader(env.DB);
    const other = await makeOrganization("Borealis");
    const found = await Promise.all([loader.load(other, first().id), loader.load(organizationId, first().id)]);
    expect(found.map((each) => each?.host.name)).toEqual([undefined, first().name]);
  });

  it("are as the database has them after they were asked for, whoever asked before", async () => {
    const loader = new HostLoader(env.DB);
    const before = named(hosts, loader);
    await db().update(hostTable).set({ name: "renamed" }).where(eq(hostTable.id, first().id));
    expect(await named([first()], loader)).toEqual(["renamed"]);
    await before;
  });

  it("one that cannot be read keeps out none of the others", async () => {
    const broken = first();
    await db()
      .update(hostTable)
      .set({ remote: sql`'no list'` })
      .where(eq(hostTable.id, broken.id));
    const loader = new HostLoader(env.DB);
    const answers = await Promise.allSettled([...hosts, broken].map(({ id }) => loader.load(organizationId, id)));
    expect(answers.map(({ status }) => status)).toEqual([
      "rejected",
      ...hosts.slice(1).map(() => "fulfilled"),
      "rejected",
    ]);
    expect(await named(hosts.slice(1), loader)).toEqual(hosts.slice(1).map(({ name }) => name));
  });
});
