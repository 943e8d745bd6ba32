import { eq } from "drizzle-orm";
import { expect, it, vi } from "vitest";
import { alertWhy } from "../../src/db/alert-schema.ts";
import { db, makeChannel, makeHost, makeOrganization } from "../ground.ts";
import { flip, loopOpened, TestAgent } from "../test-agent.ts";

it("of a service whose dependency is in a loop nobody is told, also by way of another; it is said why", async () => {
  const host = await makeHost(await makeOrganization());
  await makeChannel(host.organizationId);
  const agent = await TestAgent.greet(host);
  const regressed = { kind: "notice", code: "endpoint-regressed", text: "GET /health: 503" } as const;
  await agent.tells(
    flip(1, { name: "api", needs: ["cache"] }),
    flip(2, { name: "cache", needs: ["web"] }),
    loopOpened(3),
    { ...regressed, seq: 4, atMs: Date.now(), service: "api" },
  );
  const whys = () => db().select().from(alertWhy).where(eq(alertWhy.organizationId, host.organizationId));
  await vi.waitFor(async () => {
    const said = (await whys()).filter(({ incidentId }) => incidentId.endsWith("endpoint-regressed"));
    expect(said.map(({ why }) => why)).toContainEqual({ what: "inhibited", by: "web-1 / web is restarting in a loop" });
  });
});
