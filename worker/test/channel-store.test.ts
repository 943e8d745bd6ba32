import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { seal, unseal } from "../src/channels/seal.ts";
import { channel } from "../src/db/schema.ts";
import { db, makeChannel, makeOrganization } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";

let organizationId: string;
let cookie: string;

beforeEach(async () => {
  organizationId = await makeOrganization();
  cookie = await signIn(organizationId, "owner");
});

const rows = () => db().select().from(channel).where(eq(channel.organizationId, organizationId));

describe("a channel's secret", () => {
  it("is read again only with the server's own secret", async () => {
    const sealed = await seal("one secret", "whsec_abc");
    expect(sealed).not.toContain("whsec");
    expect(await unseal("one secret", sealed)).toBe("whsec_abc");
    expect(await unseal("another", sealed)).toBeNull();
    expect(await unseal("one secret", sealed.replace(/.$/, "!"))).toBeNull();
    expect(await unseal("one secret", "")).toBeNull();
  });

  it("that was sealed under another AFLOAT_SECRET leaves a channel that says so and can be removed, and nothing else", async () => {
    const id = await makeChannel(organizationId);
    const sealedSecret = await seal("another secret", "whsec_abc");
    await db().update(channel).set({ sealedSecret }).where(eq(channel.id, id));
    const page = await (await as(cookie, "GET", `/app/channels/${id}`)).text();
    expect(page).toContain("sealed under another AFLOAT_SECRET: make the channel anew");
    expect((await as(cookie, "POST", `/app/channels/${id}/rotate`)).status).toBe(409);
    expect((await as(cookie, "POST", `/app/channels/${id}/remove`)).status).toBe(303);
  });
});

describe("a channel that a Worker of before made", () => {
  it("works on, and shows its address", async () => {
    const id = await makeChannel(organizationId);
    expect(await rows()).toMatchObject([{ settings: null, sealedSettings: null, removedMs: null }]);
    const page = await (await as(cookie, "GET", `/app/channels/${id}`)).text();
    expect(page).toContain("http://127.0.0.1:9/");
    expect(page).toContain("● on");
  });
});

describe("a channel that this version makes", () => {
  it("can be read by a Worker of before, where it is a webhook; removed, nothing of its secrets is left", async () => {
    const form = new URLSearchParams({ kind: "webhook", name: "New", url: "https://example.com/hook" });
    const secret = /whsec_[\w+/=]+/.exec(await (await as(cookie, "POST", "/app/channels", form)).text())?.[0];
    const [made] = await rows();
    expect(made?.url).toBe("https://example.com/hook");
    expect(await unseal(env.AFLOAT_SECRET, made?.sealedSecret ?? "")).toBe(secret);
    expect(JSON.stringify(made)).not.toContain("whsec_");
    await as(cookie, "POST", `/app/channels/${made?.id}/remove`);
    const [gone] = await rows();
    expect(gone).toMatchObject({ url: "", sealedSecret: "", settings: {}, sealedSettings: "" });
    expect(gone?.disabledMs).not.toBeNull();
    expect((await as(cookie, "GET", `/app/channels/${made?.id}`)).status).toBe(404);
  });

  it("keeps a secret that is left empty, and takes a new one", async () => {
    const key = (of: string) => of.repeat(32).slice(0, 32);
    const url = "https://events.pagerduty.com/v2/enqueue";
    const fields = { kind: "pagerduty", name: "Night", url };
    await as(cookie, "POST", "/app/channels", new URLSearchParams({ ...fields, routingKey: key("a1b2") }));
    const id = (await rows())[0]?.id ?? "";
    const keyIn = async () => unseal(env.AFLOAT_SECRET, (await rows())[0]?.sealedSettings ?? "");
    await as(cookie, "POST", `/app/channels/${id}`, new URLSearchParams({ name: "Day", url, routingKey: "" }));
    expect((await rows())[0]?.name).toBe("Day");
    expect(await keyIn()).toContain(key("a1b2"));
    await as(cookie, "POST", `/app/channels/${id}`, new URLSearchParams({ name: "Day", url, routingKey: key("c3d4") }));
    expect(await keyIn()).toContain(key("c3d4"));
    // Nobody is shown a secret by having it sent to a server of his own.
    const elsewhere = new URLSearchParams({ name: "Day", url: "https://evil.example/v2/enqueue", routingKey: "" });
    const refused = await as(cookie, "POST", `/app/channels/${id}`, elsewhere);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("write it once more, since the address leads to another server now");
    expect((await rows())[0]?.settings).toEqual({ url });
    const page = await (await as(cookie, "GET", `/app/channels/${id}`)).text();
    expect(page).toContain("…c3d4");
    expect(page).not.toContain(key("c3d4"));
  });

  it("says beside each field what is wrong, and keeps what was typed but no secret", async () => {
    const typed = { kind: "pagerduty", name: "", url: "ftp://example.com", routingKey: "short-secret" };
    const answer = await as(cookie, "POST", "/app/channels", new URLSearchParams(typed));
    expect(answer.status).toBe(400);
    const page = await answer.text();
    expect(page).toContain("expected a name of 1 to 100 characters");
    expect(page).toContain("expected https, got ftp");
    expect(page).toContain("32 letters and digits, as PagerDuty shows it");
    expect(page).toContain("ftp://example.com");
    expect(page).not.toContain("short-secret");
    expect(await rows()).toEqual([]);
  });
});
