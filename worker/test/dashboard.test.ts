import { describe, expect, it } from "vitest";
import { makeHost, makeOrganization } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";
import { flip, loopOpened, TestAgent } from "./test-agent.ts";

/** The server's own page, before any script runs. */
async function dashboard(): Promise<{ agent: TestAgent; html: () => Promise<string> }> {
  const organizationId = await makeOrganization();
  const cookie = await signIn(organizationId, "owner");
  const agent = await TestAgent.greet(await makeHost(organizationId));
  return { agent, html: async () => (await as(cookie, "GET", "/app")).text() };
}

describe("the dashboard, as the server paints it", () => {
  it("reads like a colleague: what is wrong with a check, how we know, and the line to write", async () => {
    const { agent, html } = await dashboard();
    await agent.tells(
      flip(1, {
        verdict: "degraded",
        reasonCode: "unproven-endpoint",
        reason: "GET /health → 404; it never answered",
        endpoint: { what: "GET /health", proven: false, lastOkMs: null, last: "404", lastMs: 2, retired: false },
        diagnosis: {
          ...{ code: "wrong-path", what: "The path is most likely wrong.", proof: "/healthz answers." },
          ...{ write: "health: /healthz", where: "afloat.yaml:14" },
        },
      }),
    );
    const text = await html();
    for (const words of [
      "degraded",
      "unproven",
      "The path is most likely wrong.",
      "health: /healthz",
      "afloat.yaml:14",
      'href="/runbook#wrong-path"',
    ]) {
      expect(text).toContain(words);
    }
  });

  it("has trouble on top, with its cause and its last lines", async () => {
    const { agent, html } = await dashboard();
    const opened = loopOpened(1);
    await agent.tells(opened, flip(2, { loop: opened.loop }));
    const text = await html();
    expect(text).toContain("<h1>web-1 / web is restarting in a loop</h1>");
    expect(text).toContain("exits with code 3 within 0.3 s of every start");
    expect(text).toContain("boom");
    expect(text).toContain("restart loop");
    expect(text, "what to do about it is one click away").toContain('href="/runbook#loop-exit-code"');
  });

  it("shows nothing as healthy of a host that is not heard", async () => {
    const { agent, html } = await dashboard();
    await agent.tells(flip(1));
    expect(await html()).toContain('data-verdict="healthy"');
    agent.say({ type: "bye", planned: true });
    agent.say({ type: "events", events: [flip(2)] });
    await agent.hears("ack", ({ recorded }) => recorded === 2);
    const text = await html();
    expect(text).toContain('data-link="away"');
    expect(text).not.toContain('data-verdict="healthy"');
  });

  it("whatever a host says is text: it can end neither an element nor the script that carries it", async () => {
    const { agent, html } = await dashboard();
    const evil = `</script><script>alert(1)</script><!-- \u2028`;
    await agent.tells(flip(1, { reason: evil, verdict: "degraded", reasonCode: "regressed-endpoint" }));
    const text = await html();
    expect(text).not.toContain("<script>alert");
    expect(text).not.toContain("</script><script>");
    expect(text).not.toContain("<!--");
  });

  it("teaches the next step where there is nothing yet", async () => {
    const cookie = await signIn(await makeOrganization(), "owner");
    const text = await (await as(cookie, "GET", "/app")).text();
    expect(text).toContain("No host yet");
    expect(text).toContain('href="/app/hosts/new"');
  });

  it("is kept by nobody, and loads nothing but itself", async () => {
    const organizationId = await makeOrganization();
    const answer = await as(await signIn(organizationId, "owner"), "GET", "/app");
    await answer.text();
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });
});
