import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ROWS } from "../src/stock/core/stock.ts";
import { dollarWords, monthOf, type Stock } from "../src/stock/core/stock.ts";
import { makeChannel, makeHost, makeOrganization } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";
import { flip, loopOpened, TestAgent, turn } from "./test-agent.ts";

const empty = { changes: 0, samples: 0, incidents: 0, notices: 0, deliveries: 0, commands: 0, auditLines: 0 };

describe("what an organization uses", () => {
  it("is counted from the record: its own, and no other's", async () => {
    const organizationId = await makeOrganization();
    await makeChannel(organizationId);
    const agent = await TestAgent.greet(await makeHost(organizationId));
    await agent.tells(flip(1), turn(2), { ...loopOpened(3) });
    const other = await TestAgent.greet(await makeHost(await makeOrganization("Other")));
    await other.tells(turn(1));
    const owner = await signIn(organizationId, "owner");
    const stock: Stock & { month: { fullDollars: number } } = await (await as(owner, "GET", "/app/usage.json")).json();
    expect(stock).toMatchObject({ hosts: 1, online: 1, services: 1 });
    // Its link came online as well.
    expect(stock.day).toMatchObject({ changes: 3, incidents: 1, notices: 1, commands: 0 });
    expect(stock.month.fullDollars).toBeGreaterThan(0);
    const page = await (await as(owner, "GET", "/app/usage")).text();
    expect(page).toContain("1 host, 1 online, 1 service");
  });

  it("is for owners and admins", async () => {
    const organizationId = await makeOrganization();
    for (const [role, status] of [
      ["owner", 200],
      ["admin", 200],
      ["responder", 403],
      ["viewer", 403],
    ] as const) {
      const cookie = await signIn(organizationId, role);
      for (const path of ["/app/usage", "/app/usage.json"]) expect((await as(cookie, "GET", path)).status).toBe(status);
    }
  });

  it("comes to the platform's minimum for 1,000 idle hosts in one place, most of it alarms", () => {
    const stock: Stock = {
      fleets: 1,
      hosts: 1_000,
      online: 1_000,
      services: 8_000,
      day: { ...empty, samples: 24_000 },
    };
    const { lines, dollars } = monthOf(stock);
    expect(dollars).toBe(5);
    expect(lines[0]?.metered).toBe("databaseRowsWritten");
  });

  it("is said with the first digits that say anything", () => {
    expect([0, 0.00001, 0.0042, 0.01, 5].map(dollarWords)).toEqual([
      "$0",
      "under $0.0001",
      "$0.0042",
      "$0.01",
      "$5.00",
    ]);
  });

  it("is reckoned by rows as the database counts them", async () => {
    const written = async (statement: string) => (await env.DB.prepare(statement).run()).meta.rows_written;
    const incident =
      (await written(
        "insert into incident values ('i', 'o', 'restart-loop', 's', 'h', 'web', 't', 'c', 1, null, '{}')",
      )) + (await written("update incident set closed_ms = 2 where id = 'i'"));
    const command =
      (await written("insert into command values ('c', 'o', 'h', 'web', 'restart', 'queued', '[]', 'u', 'U', 1, 2)")) +
      3 * (await written("update command set step = 'running', steps = '[1]' where id = 'c'"));
    expect({
      incidents: incident,
      commands: command,
      notices: await written(
        "insert into notice (id, organization_id, incident_id, phase, created_ms) values ('n', 'o', 'i', 'opened', 1)",
      ),
      deliveries: await written("insert into delivery values ('d', 'o', 'n', 'c', 1, 1, 1, 200, '', 1, 'heard')"),
      auditLines: await written("insert into audit values ('a', 'o', 1, 'host', 'h', 'web', 'x', 'h', '{}')"),
    }).toEqual({
      ...{ incidents: ROWS.incidents.database, commands: ROWS.commands.database, notices: ROWS.notices.database },
      ...{ deliveries: ROWS.deliveries.database, auditLines: ROWS.auditLines.database },
    });
  });
});
