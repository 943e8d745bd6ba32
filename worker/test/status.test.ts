import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { host as hostTable, service, statusComponent, statusPage } from "../src/db/schema.ts";
import { db, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import {
  addFlip,
  addIncident,
  addService,
  DAY,
  getPath as get,
  htmlOf,
  jsonOf,
  makePage,
  type TestPage,
} from "./status-ground.ts";
import { snapshot } from "./test-agent.ts";

let ground: TestPage;
let host: TestHost;
let slug: string;
let pageId: string;

beforeEach(async () => {
  ground = await makePage();
  ({ host, slug, pageId } = ground);
});

const html = () => htmlOf(ground);
const json = () => jsonOf(ground);

describe("the public page", () => {
  it("says in a sentence how it is, and agrees with its JSON", async () => {
    await addService(host, "web");
    const page = await json();
    expect(page).toMatchObject({ status: "operational", sentence: "Everything is afloat" });
    expect(page.components).toMatchObject([{ name: "web", status: "operational", uptime: 100, days: 11 }]);
    const text = await html();
    expect(text).toContain("Everything is afloat");
    expect(text).toContain("100 % uptime over 11 days");
  });

  it("nothing known is never green: no service, a silent host, no data", async () => {
    expect((await json()).status).toBe("unknown");
    await addService(host, "web", { createdMs: Date.now() });
    await db().update(hostTable).set({ link: "silent" }).where(eq(hostTable.id, host.id));
    await forgetCache();
    const page = await json();
    expect(page.components).toMatchObject([{ status: "unknown", uptime: null }]);
    expect(page.sentence).toBe("Nothing has been heard of web");
  });

  it("an unproven health check is the operator's business: operational, and no incident", async () => {
    const id = await addService(host, "web", {
      snapshot: snapshot({ verdict: "degraded", reasonCode: "unproven-endpoint" }),
    });
    await addIncident(host, id, "endpoint-unproven");
    expect(await json()).toMatchObject({ status: "operational", incidents: [] });
  });

  it("a restart loop is an outage, with an incident that names the service and nothing private", async () => {
    const cause = { code: "exit-code" as const, text: "secret" };
    const loop = { openedMs: 1, closedMs: null, restarts: 4, spanMs: 1, withinMs: 1, longestGapMs: 1, cause };
    const id = await addService(host, "web", { publicStatus: "outage", snapshot: snapshot({ loop, pid: 12_345 }) });
    await addIncident(host, id, "restart-loop");
    const page = await json();
    expect(page.sentence).toBe("web is restarting in a loop");
    expect(page.incidents).toMatchObject([{ title: "web: outage", closedAt: null }]);
    const all = (await html()) + JSON.stringify(page);
    expect(all).not.toContain("secret");
    expect(all).not.toContain("12345");
  });

  it("uptime is counted by intervals and rounded down; time with the host silent is not counted as up", async () => {
    const id = await addService(host, "web");
    const startMs = Date.now() - DAY;
    await addFlip(host, id, startMs, "outage");
    await addFlip(host, id, startMs + 3_600_000, "operational");
    const [web] = (await json()).components;
    expect(web?.uptime).toBeLessThan(96);
    expect(web?.uptime).toBeGreaterThan(95);
  });

  it("another organization's services are never on it, and neither is a service that is configured no more", async () => {
    await addService(host, "web");
    await addService(host, "old", { removedMs: 1 });
    await addService(await makeHost(await makeOrganization("Borealis")), "theirs");
    expect((await json()).components.map(({ name }) => name)).toEqual(["web"]);
  });

  it("shows only what was chosen, by the names and groups chosen for it", async () => {
    const id = await addService(host, "web");
    await addService(host, "internal");
    await db().update(statusPage).set({ shows: "chosen" }).where(eq(statusPage.id, pageId));
    await db().insert(statusComponent).values({
      pageId,
      organizationId: host.organizationId,
      serviceId: id,
      name: "Website",
      groupName: "Public",
      position: 1,
    });
    expect((await json()).components).toMatchObject([{ name: "Website", group: "Public" }]);
    expect(await html()).not.toContain("internal");
  });

  it("names are text, never markup", async () => {
    await db().update(statusPage).set({ title: "<script>alert(1)</script>" }).where(eq(statusPage.id, pageId));
    const text = await html();
    expect(text).not.toContain("<script>alert");
    expect(text).toContain("&lt;script&gt;");
  });

  it("unchanged, it is not sent again", async () => {
    await addService(host, "web");
    const first = await get(`/s/${slug}`);
    await first.text();
    const tag = first.headers.get("etag") ?? "";
    expect((await get(`/s/${slug}`, { "if-none-match": tag })).status).toBe(304);
    await db().update(service).set({ publicStatus: "outage" }).where(eq(service.hostId, host.id));
    await forgetCache();
    expect((await get(`/s/${slug}`, { "if-none-match": tag })).status).toBe(200);
  });

  it("that nobody published, and one that never was, are the same: not there", async () => {
    await db().update(statusPage).set({ publishedMs: null }).where(eq(statusPage.id, pageId));
    const hidden = await get(`/s/${slug}`);
    const never = await get("/s/never");
    const malformed = await get("/s/..%2Fetc");
    expect([hidden.status, never.status, malformed.status]).toEqual([404, 404, 404]);
    const bare = async (answer: Response) => (await answer.text()).replaceAll(/nonce="[^"]*"/g, "");
    expect(await bare(hidden)).toBe(await bare(never));
  });

  it("lets nothing run but itself", async () => {
    const policy = (await get(`/s/${slug}`)).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(policy).not.toContain("http");
  });

  it("is small: four services with 90 days", async () => {
    for (const name of ["ui", "backend", "learning", "files"]) {
      await addService(host, name, { createdMs: Date.now() - 100 * DAY });
    }
    const text = await html();
    const bytes = new TextEncoder().encode(text).byteLength;
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    const gzipped = (await new Response(stream).arrayBuffer()).byteLength;
    console.log(`status page of four services, 90 days: ${bytes} bytes, ${gzipped} gzipped`);
    expect(gzipped).toBeLessThan(8 * 1024);
  });
});

/** Waits until the short cache of the page is over. */
async function forgetCache(): Promise<void> {
  await scheduler.wait(Number(env.STATUS_CACHE_MS) + 5);
}
