import { afterEach, describe, expect, it } from "vitest";
import { fixture, freePort, Host } from "./host.ts";

/** `afloat explain` and `afloat runbook` as a person meets them: real agent, real services. */

let host: Host;
afterEach(() => host.end());

const config = (port: number) => `
services:
  aurora-backend:
    command: ${process.execPath} ${fixture("http-service.mjs")}
    env: { PORT: "${port}", HEALTH: "404" }
    port: ${port}
    health: { http: /health, interval: 100ms, start_period: 300ms }
  ingest:
    command: sh -c "exit 3"
    backoff: { min: 10ms, max: 20ms }
  late:
    command: sleep 1000
    depends_on: { ingest: healthy }
`;

describe("afloat explain", () => {
  it("says the verdict, the evidence, what would restart it and what happens next, in 80 columns", async () => {
    host = new Host(config(await freePort()));
    await host.start();
    await host.see("aurora-backend", ({ diagnosis }) => diagnosis !== null, "diagnosed");
    await host.see("ingest", ({ loop }) => loop !== null, "in a loop");
    const { code, out } = await host.run("explain", "aurora-backend", "ing*");
    expect(code).toBe(0);
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    const text = out.replaceAll(/\s+/g, " ");
    expect(text).toMatch(/◐ aurora-backend: degraded for .*: GET \/health → 404; it never answered/);
    expect(text).toContain("Write `http: /healthz` in afloat.yaml:7.");
    expect(text).toContain("Never for GET /health: what never answered proves nothing.");
    expect(text).toContain("Runbook afloat runbook wrong-path");
    expect(text).toContain("■ ingest: restart loop for");
    expect(text).toContain("It is tried for ever");
    expect(text).toContain("Runbook afloat runbook loop-exit-code");
  });

  it("without a name explains those that are not well, and where there is none says so", async () => {
    host = new Host(config(await freePort()));
    await host.start();
    await host.see("ingest", ({ loop }) => loop !== null, "in a loop");
    await host.see("aurora-backend", ({ verdict }) => verdict === "degraded", "degraded");
    const { code, out } = await host.run("explain");
    expect(code).toBe(0);
    expect(out).toMatch(/^◐ aurora-backend: /);
    expect(out).toMatch(/^■ ingest: /m);
    await host.run("down");
    host.configure("services:\n  web: sleep 1000\n");
    await host.start();
    await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
    expect((await host.run("explain")).out).toBe("nothing to explain: all is well; name one to know more: web\n");
    expect(JSON.parse((await host.run("explain", "--json")).out)).toEqual({ services: [] });
  });

  it("is the same for machines: snapshot, explanation with codes, and the topic of the runbook", async () => {
    host = new Host(config(await freePort()));
    await host.start();
    await host.see("late", ({ verdict }) => verdict === "healthy" || verdict === "waiting", "begun");
    const { out } = await host.run("explain", "all", "--json");
    const { services } = JSON.parse(out) as {
      services: {
        snapshot: { name: string };
        explanation: { conditions: { code: string }[] };
        runbook: string | null;
      }[];
    };
    expect(services.map(({ snapshot }) => snapshot.name)).toEqual(["aurora-backend", "ingest", "late"]);
    for (const { explanation } of services) expect(explanation.conditions.length).toBeGreaterThan(0);
  });

  it("names the nearest service where there is none (2), and says how to start the agent where none runs (3)", async () => {
    host = new Host(config(await freePort()));
    const without = await host.run("explain", "ingest");
    expect(without).toMatchObject({ code: 3 });
    expect(without.err).toContain("afloat up --daemon");
    await host.start();
    const unknown = await host.run("explain", "ingets");
    expect(unknown).toMatchObject({ code: 2, out: "" });
    expect(unknown.err).toContain("Did you mean ingest?");
  });
});

describe("afloat runbook", () => {
  it("prints a section, lists the topics, and names the nearest for a typo (2); it needs no agent", async () => {
    host = new Host("services: {}\n");
    const section = await host.run("runbook", "wrong-path");
    expect(section.code).toBe(0);
    expect(section.out).toMatch(/^wrong-path\n\nThe server answers 404/);
    for (const line of section.out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    const list = await host.run("runbook");
    expect(list.out).toContain("  loop-out-of-memory\n");
    expect(await host.run("runbook", "wrong-pth")).toMatchObject({
      code: 2,
      err: "the runbook has no topic wrong-pth. Did you mean wrong-path? List them with: afloat runbook\n",
    });
  });
});
