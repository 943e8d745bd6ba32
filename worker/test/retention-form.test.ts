import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { audit, retention } from "../src/db/schema.ts";
import { DEFAULT_RETENTION } from "../src/retention/core/retention.ts";
import { db, makeOrganization } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";

let organizationId: string;
let owner: string;

beforeEach(async () => {
  organizationId = await makeOrganization();
  owner = await signIn(organizationId, "owner");
});

const form = (changes: Record<string, string | number> = {}) =>
  new URLSearchParams(Object.entries({ ...DEFAULT_RETENTION, ...changes }).map(([key, value]) => [key, String(value)]));
const rows = () => db().select().from(retention).where(eq(retention.organizationId, organizationId));
const lines = async () => {
  const all = await db().select().from(audit).where(eq(audit.organizationId, organizationId));
  return all.filter(({ action }) => action === "retention.set").map(({ actorName, detail }) => ({ actorName, detail }));
};

describe("how long an organization keeps what", () => {
  it("is asked for and set by owners and admins, and by nobody else", async () => {
    for (const [role, status] of [
      ["owner", 200],
      ["admin", 200],
      ["responder", 403],
      ["viewer", 403],
    ] as const) {
      const cookie = await signIn(organizationId, role);
      for (const path of ["/app/retention", "/app/retention.json"]) {
        expect((await as(cookie, "GET", path)).status).toBe(status);
      }
      const set = await as(cookie, "PUT", "/app/retention.json", { ...DEFAULT_RETENTION, auditDays: 500 });
      expect(set.status).toBe(status);
    }
  });

  it("is what was saved, with a line in the audit log of what changed; saving the same again leaves none", async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await as(owner, "POST", "/app/retention", form({ flipDays: 90 }));
      expect([answer.status, answer.headers.get("location")]).toEqual([303, "/app/retention?kept"]);
    }
    expect(await rows()).toMatchObject([{ flipDays: 90, uptimeDays: 400 }]);
    expect(await lines()).toEqual([{ actorName: "owner", detail: { flipDays: "35 to 90" } }]);
    expect(await (await as(owner, "GET", "/app/retention")).text()).toContain('value="90"');
  });

  it("is refused outside its bounds, with the words of which and what is expected; nothing changes", async () => {
    const cases: [object, string][] = [
      [{ flipDays: 6 }, "Changes of state: expected whole days from 7 to 400, got 6"],
      [{ flipDays: 401 }, "Changes of state: expected whole days from 7 to 400, got 401"],
      [{ uptimeDays: 89 }, "Uptime, day by day: expected whole days from 90 to 1100, got 89"],
      [{ incidentDays: 29.5 }, "Incidents and commands: expected whole days from 30 to 1100, got 29.5"],
      [{ auditDays: "soon" }, "Audit log: expected whole days from 30 to 1100, got no number"],
    ];
    for (const [changes, words] of cases) {
      const page = await as(owner, "POST", "/app/retention", form({ ...changes, sure: "yes" }));
      expect(page.status).toBe(400);
      expect(await page.text()).toContain(words);
      const json = await as(owner, "PUT", "/app/retention.json", { ...DEFAULT_RETENTION, ...changes, sure: true });
      expect([json.status, await json.text()]).toEqual([400, expect.stringContaining(words)]);
    }
    const none = await as(owner, "PUT", "/app/retention.json", { flipDays: 30 });
    expect([none.status, await none.text()]).toEqual([400, expect.stringContaining("uptimeDays")]);
    expect(await rows()).toEqual([]);
    expect(await lines()).toEqual([]);
  });

  it("is asked once more before it is shortened, with what goes; then it is done", async () => {
    const asked = await as(owner, "POST", "/app/retention", form({ auditDays: 100 }));
    const text = await asked.text();
    expect([asked.status, text]).toEqual([409, expect.stringContaining("Audit log: 100 days instead of 400.")]);
    expect(text).toContain('name="sure" value="yes"');
    const refused = await as(owner, "PUT", "/app/retention.json", { ...DEFAULT_RETENTION, auditDays: 100 });
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining("would-remove")]);
    expect(await rows()).toEqual([]);
    const done = await as(owner, "POST", "/app/retention", form({ auditDays: 100, sure: "yes" }));
    expect(done.status).toBe(303);
    const also = await as(owner, "PUT", "/app/retention.json", { ...DEFAULT_RETENTION, auditDays: 90, sure: true });
    expect(await also.json()).toEqual({ ...DEFAULT_RETENTION, auditDays: 90 });
    expect(await rows()).toMatchObject([{ auditDays: 90 }]);
  });

  it("is nobody else's: another organization keeps its own", async () => {
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    await as(owner, "POST", "/app/retention", form({ flipDays: 90 }));
    expect(await (await as(stranger, "GET", "/app/retention.json")).json()).toEqual(DEFAULT_RETENTION);
  });
});
