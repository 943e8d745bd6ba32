import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { command } from "../src/db/schema.ts";
import worker from "../src/index.ts";
import { db, makeHost, makeOrganization } from "./ground.ts";
import { ORIGIN, signIn } from "./signed-in.ts";
import { snapshot, TestAgent } from "./test-agent.ts";

it("a command that cannot be handed over is told as failed, and stands nowhere as if it were on its way", async () => {
  const organizationId = await makeOrganization();
  const cookie = await signIn(organizationId, "owner");
  const host = await makeHost(organizationId);
  const agent = await TestAgent.greet(host, { services: [snapshot()] });
  agent.say({
    type: "events",
    events: [{ kind: "agent-started", seq: 1, atMs: Date.now(), runId: "r", version: "1" }],
  });
  await agent.hears("ack", ({ recorded }) => recorded === 1);
  const gone = new Error("the object is overloaded");
  const FLEET: typeof env.FLEET = Object.create(env.FLEET, {
    idFromName: {
      value: () => {
        throw gone;
      },
    },
  });
  const request = new Request(`${ORIGIN}/app/commands`, {
    method: "POST",
    headers: { cookie, origin: ORIGIN, "content-type": "application/json" },
    body: JSON.stringify({ hostId: host.id, service: "web", verb: "restart" }),
  });
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const answer = await worker.fetch(request, { ...env, FLEET }, context);
  expect(answer.status).toBe(503);
  const [row] = await db().select().from(command).where(eq(command.organizationId, organizationId));
  expect(row?.step).toBe("failed");
  expect(row?.steps.map(({ step }) => step)).toEqual(["queued", "failed"]);
});
