import { afterEach, expect, it } from "vitest";
import { Host, until } from "./host.ts";

/** Restarts by the clock, at the finest pace it has: once a minute. Behaviour 60. */

let host: Host;
afterEach(() => host.end());

it(
  "restarts and jobs by the clock: at the full minute, in a time zone of its own, never what is paused",
  { timeout: 180_000 },
  async () => {
    host = new Host(`services:
  web: { command: sleep 49601, restart_at: "* * * * *" }
  zoned: { command: sleep 49602, restart_at: { cron: "* * * * *", timezone: Asia/Kathmandu } }
  paused: { command: sleep 49603, restart_at: "* * * * *" }
  job: { command: [sh, -c, "echo done"], restart: never, restart_at: "* * * * *" }
  yearly: { command: sleep 49604, restart_at: "0 0 29 2 *" }
`);
    await host.start();
    await host.run("pause", "paused");
    const before = await host.see("web", (s) => s.state === "up", "up");
    const restarted = async (name: string) => {
      const isThere = async () => ((await host.service(name))?.restarts ?? 0) > 0;
      await until(isThere, `a restart of ${name}`, () => host.log(), 90_000);
      return host.see(name, (s) => s.state === "up" || s.state === "completed", "up");
    };
    const after = await restarted("web");
    expect(after.pid).not.toBe(before.pid);
    expect(new Date(after.upSinceMs ?? 0).getUTCSeconds()).toBeLessThan(30);
    await restarted("zoned");
    await restarted("job");
    await until(
      () => host.log().includes("job: completed"),
      "the job's second turn",
      () => host.log(),
    );
    const names = ["paused", "yearly"];
    for (const name of names) expect((await host.see(name, () => true, "there")).restarts).toBe(0);
    expect(host.log()).toContain("web: restart (planned at * * * * *)");
    expect(host.log()).toContain("zoned: restart (planned at * * * * * Asia/Kathmandu)");
  },
);
