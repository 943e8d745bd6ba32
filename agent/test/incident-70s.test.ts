import { afterAll, expect, it } from "vitest";
import { fixture, freePort, Host, until } from "./host.ts";

/** The incident replayed at the default cadence: every kind of broken endpoint at once, watched for 70 s. */

const BROKEN = ["404", "500", "hang", "trickle", "drop", "garbage", "redirect"];
const WATCH_MS = 70_000;

let host: Host | undefined;
afterAll(() => host?.end());

it(
  "70 s under watch: no restart, nobody paused, one warning each, degraded, the dependent up",
  { timeout: 150_000 },
  async () => {
    const program = `${process.execPath} ${fixture("http-service.mjs")}`;
    const services: string[] = [];
    const add = async (name: string, health: string, more: (port: number) => string) => {
      const port = await freePort();
      services.push(
        `  ${name}:\n    command: ${program}\n    env: { PORT: "${port}", HEALTH: "${health}" }\n    port: ${port}\n${more(port)}`,
      );
    };
    for (const kind of BROKEN) await add(`backend-${kind}`, kind, () => "    health: /health\n");
    const elsewhere = await freePort();
    await add("backend-another-port", "200", () => `    health: http://localhost:${elsewhere}/health\n`);
    await add(
      "self-learning",
      "200",
      () => "    depends_on: { backend-404: healthy, backend-another-port: healthy }\n",
    );
    host = new Host(`services:\n${services.join("")}`);
    const agent = host;
    await agent.start();
    const names = [...BROKEN.map((kind) => `backend-${kind}`), "backend-another-port"];
    const pids = new Map<string, number | null>();
    for (const name of names)
      pids.set(name, (await agent.see(name, (s) => s.reasonCode === "unproven-endpoint", "degraded")).pid);
    const endMs = Date.now() + WATCH_MS;
    await until(
      async () => {
        const status = await agent.status();
        // On a busy machine it may not answer at once: it is asked again.
        if (status === null) return false;
        expect(status.services.filter(({ restarts, desired }) => restarts > 0 || desired === "pause")).toEqual([]);
        return Date.now() > endMs;
      },
      "70 s have passed",
      () => "",
      WATCH_MS + 10_000,
    );
    for (const name of names) {
      const after = await agent.see(name, (s) => s.verdict === "degraded", "still degraded");
      expect(after.pid).toBe(pids.get(name));
      expect(agent.log().split(`Health endpoint failed for ${name}, checking port instead`)).toHaveLength(2);
    }
    await agent.see("self-learning", (s) => s.verdict === "healthy" && s.restarts === 0, "up");
  },
);
