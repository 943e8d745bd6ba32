import { env } from "cloudflare:workers";
import { createExecutionContext } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { runbookTopicOfIncident, runbookTopics } from "@afloat/shared/core/runbook";
import { INCIDENT_KINDS, LOOP_CAUSES } from "@afloat/shared/domain";
import { incident, notice } from "../src/db/schema.ts";
import worker from "../src/index.ts";
import { webhookPayload } from "../src/channels/webhook/payload.ts";
import { tellingOf } from "../src/notices/telling-of.ts";
import { db, makeHost, makeOrganization } from "./ground.ts";
import { loopOpened, TestAgent } from "./test-agent.ts";

/** The runbook as anybody's browser gets it, and the links that lead into it. */

const ask = (headers: Record<string, string> = {}) =>
  worker.fetch(new Request("https://afloat.test/runbook", { headers }), env, createExecutionContext());

async function idsOfPage(): Promise<Set<string>> {
  const html = await (await ask()).text();
  return new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id ?? ""));
}

it("every code has its place on the page, once", async () => {
  const html = await (await ask()).text();
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id ?? "");
  expect(runbookTopics().filter((topic) => !ids.includes(topic))).toEqual([]);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, anchor]) => anchor ?? "");
  expect(links.filter((anchor) => !ids.includes(anchor))).toEqual([]);
});

it("the page is public, has no script, and is not sent twice", async () => {
  const answer = await ask();
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/html");
  expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
  expect(answer.headers.get("cache-control")).toBe("public, max-age=300");
  expect(await answer.text()).not.toContain("<script");
  const again = await ask({ "if-none-match": answer.headers.get("etag") ?? "" });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe("");
});

it("its style is the one that its policy allows", async () => {
  const answer = await ask();
  const style = /<style>([\s\S]*?)<\/style>/.exec(await answer.text())?.[1] ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  const allowed = btoa(String.fromCharCode(...new Uint8Array(digest)));
  expect(answer.headers.get("content-security-policy")).toContain(`'sha256-${allowed}'`);
});

it("whatever incident is told, its link leads to a place on the page", async () => {
  const ids = await idsOfPage();
  for (const kind of INCIDENT_KINDS) {
    for (const cause of [null, ...LOOP_CAUSES]) expect(ids).toContain(runbookTopicOfIncident(kind, cause));
  }
});

it("a message about a restart loop links to what its cause means", async () => {
  const organizationId = await makeOrganization();
  const agent = await TestAgent.greet(await makeHost(organizationId));
  await agent.tells(loopOpened(1));
  const [told] = await db().select().from(notice).where(eq(notice.organizationId, organizationId));
  const [opened] = await db().select().from(incident).where(eq(incident.organizationId, organizationId));
  if (told === undefined || opened === undefined) throw new Error("nothing was opened");
  const of = { incident: opened, notice: told, hostName: "web-1", sendId: told.id };
  const { data } = webhookPayload(tellingOf(of, { name: "Aurora", slug: "aurora" }, env.PUBLIC_URL));
  expect(data.runbook).toBe("https://afloat.test/runbook#loop-exit-code");
  expect(await idsOfPage()).toContain(new URL(data.runbook ?? "").hash.slice(1));
});
