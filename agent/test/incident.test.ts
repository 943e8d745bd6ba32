import { afterEach, describe, expect, it } from "vitest";
import { fixture, freePort, Host, until } from "./host.ts";

/** The incident, on real processes and sockets: a broken endpoint never takes a service down. */

let host: Host;
afterEach(() => host.end());

const config = (port: number, dependent: number, health: string, settings: string) => `
services:
  aurora-backend:
    command: ${process.execPath} ${fixture("http-service.mjs")}
    env: { PORT: "${port}", HEALTH: "${health}" }
    port: ${port}
    health: { http: /health, ${settings} }
  self-learning:
    command: ${process.execPath} ${fixture("http-service.mjs")}
    env: { PORT: "${dependent}" }
    port: ${dependent}
    depends_on: { aurora-backend: healthy }
`;
const FAST = "interval: 100ms, timeout: 200ms, start_period: 300ms";

describe("an endpoint that never answered", () => {
  it.each(["404", "500", "hang", "trickle", "drop", "garbage", "redirect"])(
    "%s: degraded and kept alive, warned once, its dependent up, nobody paused",
    async (health) => {
      const [port, dependent] = [await freePort(), await freePort()];
      host = new Host(config(port, dependent, health, FAST));
      await host.start();
      const backend = await host.see("aurora-backend", (s) => s.reasonCode === "unproven-endpoint", "degraded");
      await host.see("self-learning", (s) => s.verdict === "healthy", "healthy");
      // Many times failure_threshold: long enough that a check that may kill would have.
      const until10 = Date.now() + 3000;
      await until(() => Date.now() > until10, "three seconds of failing probes");
      const after = await host.see("aurora-backend", (s) => s.verdict === "degraded", "still degraded");
      expect({ pid: after.pid, restarts: after.restarts, desired: after.desired }).toEqual({
        pid: backend.pid,
        restarts: 0,
        desired: "run",
      });
      const warnings = host.log().match(/Health endpoint failed for aurora-backend, checking port instead/g);
      expect(warnings).toHaveLength(1);
    },
  );

  it("an endless body is no failure: the head is the answer", async () => {
    const [port, dependent] = [await freePort(), await freePort()];
    host = new Host(config(port, dependent, "endless", FAST));
    await host.start();
    await host.see("aurora-backend", (s) => s.verdict === "healthy", "healthy");
  });

  it("the diagnosis names the path that does answer, and the line to write", async () => {
    const [port, dependent] = [await freePort(), await freePort()];
    host = new Host(config(port, dependent, "404", FAST));
    await host.start();
    const { diagnosis } = await host.see("aurora-backend", (s) => s.diagnosis !== null, "diagnosed");
    expect(diagnosis).toMatchObject({ code: "wrong-path", write: "http: /healthz", where: "afloat.yaml:7" });
    const checked = await host.run("check");
    expect(checked.code).toBe(1);
    expect(checked.out).toContain("Write `http: /healthz` in afloat.yaml:7.");
  });

  it("one that makes the service exit is called no more after the second time", async () => {
    const [port, dependent] = [await freePort(), await freePort()];
    host = new Host(config(port, dependent, "exit", FAST));
    await host.start();
    const backend = await host.see(
      "aurora-backend",
      (s) => s.endpoint?.retired === true && s.verdict === "healthy",
      "retired",
    );
    expect(backend.restarts).toBe(2);
    expect(host.log()).toContain("aurora-backend is crashed by its own health check: it ended twice");
  });
});

it("a port that had listened and closes is restarted", async () => {
  const [port, dependent] = [await freePort(), await freePort()];
  host = new Host(config(port, dependent, "200", FAST));
  await host.start();
  const before = await host.see("aurora-backend", (s) => s.verdict === "healthy", "healthy");
  process.kill(before.pid ?? 0, "SIGUSR2");
  const after = await host.see("aurora-backend", (s) => s.pid !== before.pid && s.verdict === "healthy", "restarted");
  expect(after).toMatchObject({ restarts: 1, desired: "run" });
});
