import { createMessageBatch, createExecutionContext, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { channel, delivery, incident, notice } from "../src/db/schema.ts";
import worker from "../src/index.ts";
import type { NoticeMessage } from "../src/env.ts";
import { retrySeconds } from "../src/notices/deliver.ts";
import { seal, unseal } from "../src/channels/seal.ts";
import { db, makeChannel, makeHost, makeOrganization } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";
import { loopOpened, TestAgent } from "./test-agent.ts";

let message: NoticeMessage;

beforeEach(async () => {
  const organizationId = await makeOrganization();
  const agent = await TestAgent.greet(await makeHost(organizationId));
  await agent.tells(loopOpened(1));
  const [told] = await db().select().from(notice).where(eq(notice.organizationId, organizationId));
  // Made only now: the queue of this test is handed its messages by the test.
  message = { organizationId, noticeId: told?.id ?? "", channelId: await makeChannel(organizationId) };
});

async function deliver(body: NoticeMessage, attempts = 1) {
  const batch = createMessageBatch<NoticeMessage>("notices", [{ id: "m1", timestamp: new Date(), attempts, body }]);
  const context = createExecutionContext();
  await worker.queue(batch, env);
  return getQueueResult(batch, context);
}

const attempts = () => db().select().from(delivery).where(eq(delivery.noticeId, message.noticeId));

describe("telling somebody", () => {
  it("that cannot be reached is tried again later, and each attempt can be read", async () => {
    const result = await deliver(message, 3);
    expect(result.explicitAcks).toEqual([]);
    expect(result.retryMessages).toMatchObject([{ msgId: "m1" }]);
    const [attempt] = await attempts();
    expect(attempt).toMatchObject({ ok: false, status: null, attempt: 3 });
    expect(attempt?.answer).not.toBe("");
  });

  it("on a channel that was removed meanwhile is left", async () => {
    await db().update(channel).set({ disabledMs: 1 }).where(eq(channel.id, message.channelId));
    expect((await deliver(message)).explicitAcks).toEqual(["m1"]);
    expect(await attempts()).toEqual([]);
  });

  it("what was heard once is not said again, though the queue hands it out twice", async () => {
    const heard = { id: "d1", ...message, attempt: 1, atMs: 1, ok: true, status: 204, answer: "", tookMs: 1 };
    await db().insert(delivery).values(heard);
    expect((await deliver(message)).explicitAcks).toEqual(["m1"]);
    expect((await attempts()).length).toBe(1);
  });

  it("never happens on another organization's channel", async () => {
    const theirs = await makeChannel(await makeOrganization("Borealis"));
    expect((await deliver({ ...message, channelId: theirs })).explicitAcks).toEqual(["m1"]);
    expect(await attempts()).toEqual([]);
  });

  it("waits from 5 s up to an hour, for half a day in all", () => {
    expect([1, 2, 3, 11, 20].map(retrySeconds)).toEqual([5, 10, 20, 3600, 3600]);
  });

  it("an incident that is gone is no reason to fail for ever", async () => {
    await db().delete(incident).where(eq(incident.organizationId, message.organizationId));
    expect((await deliver(message)).explicitAcks).toEqual(["m1"]);
  });
});

describe("a channel's secret", () => {
  it("is read again only with the server's own secret", async () => {
    const sealed = await seal("one secret", "whsec_abc");
    expect(sealed).not.toContain("whsec");
    expect(await unseal("one secret", sealed)).toBe("whsec_abc");
    expect(await unseal("another", sealed)).toBeNull();
    expect(await unseal("one secret", sealed.replace(/.$/, "!"))).toBeNull();
    expect(await unseal("one secret", "")).toBeNull();
  });
});

describe("a channel that a Worker of before made", () => {
  it("works on, and shows its address", async () => {
    const cookie = await signIn(message.organizationId, "owner");
    const page = await (await as(cookie, "GET", `/app/channels/${message.channelId}`)).text();
    expect(page).toContain("http://127.0.0.1:9/");
    expect(page).toContain("● on");
  });

  it("that was removed then is gone still", async () => {
    const [row] = await db().select().from(channel).where(eq(channel.id, message.channelId));
    expect(row).toMatchObject({ settings: null, sealedSettings: null, removedMs: null });
    await db().update(channel).set({ disabledMs: 1, removedMs: 1 }).where(eq(channel.id, message.channelId));
    const cookie = await signIn(message.organizationId, "owner");
    expect((await as(cookie, "GET", `/app/channels/${message.channelId}`)).status).toBe(404);
  });
});

describe("a channel that this version makes", () => {
  it("can be read by a Worker of before, where it is a webhook; removed, nothing of its secrets is left", async () => {
    const cookie = await signIn(message.organizationId, "owner");
    const form = new URLSearchParams({ kind: "webhook", name: "New", url: "https://example.com/hook" });
    const secret = /whsec_[\w+/=]+/.exec(await (await as(cookie, "POST", "/app/channels", form)).text())?.[0];
    const rows = () => db().select().from(channel).where(eq(channel.organizationId, message.organizationId));
    const made = (await rows()).find(({ name }) => name === "New");
    expect(made?.url).toBe("https://example.com/hook");
    expect(await unseal(env.AFLOAT_SECRET, made?.sealedSecret ?? "")).toBe(secret);
    expect(JSON.stringify(made)).not.toContain("whsec_");
    await as(cookie, "POST", `/app/channels/${made?.id}/remove`);
    const gone = (await rows()).find(({ id }) => id === made?.id);
    expect(gone).toMatchObject({ url: "", sealedSecret: "", settings: {}, sealedSettings: "" });
    expect(gone?.disabledMs).not.toBeNull();
  });
});
