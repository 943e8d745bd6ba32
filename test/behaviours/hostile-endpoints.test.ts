import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";
import { CERTIFICATES, GOOD_CERTIFICATE, HOSTILE_KINDS, hostileService, writeAuthorities } from "./hostile-kinds.ts";

/** What an endpoint does to its caller must not harm the caller, nor anybody's cadence, nor the service: behaviour 44. */

let host: Host;
afterEach(() => host.end());

type Seen = Record<string, { calls: number; open: number }>;

it(
  "all kinds of hostile endpoints: each is called on and on at its pace, no connection stays, and nobody is restarted",
  { timeout: 320_000 },
  async () => {
    const first = await claimPorts();
    const kinds = HOSTILE_KINDS.map(({ name }) => name);
    const zoo = `  zoo: { command: [node, ${[program("hostile-endpoints.mjs"), `"${first}"`, CERTIFICATES, GOOD_CERTIFICATE, ...kinds].join(", ")}] }`;
    host = new Host("");
    writeAuthorities(host.dir);
    host.configure([zoo, ...HOSTILE_KINDS.map((kind, i) => hostileService(kind, first + i)), ""].join("\n"));
    const agent = await host.start();
    const seen = (): Seen => JSON.parse(host.read("seen.json") || "{}");
    const calls = (least: number) => kinds.every((kind) => (seen()[kind]?.calls ?? 0) >= least);
    await until("everything to be called", () => calls(5), 150_000);
    const before = residentMegabytes(agent.pid ?? 0);
    await until("everything to be called many times", () => calls(15), 150_000);
    const after = residentMegabytes(agent.pid ?? 0);
    console.log(`memory: ${before.toFixed(1)} MB after 5 calls of each, ${after.toFixed(1)} MB after 15`);
    for (const service of (await host.status())?.services ?? []) {
      const kind = HOSTILE_KINDS.find(({ name }) => name === service.name);
      if (kind === undefined) continue;
      expect(`${service.reason}; ${service.endpoint?.last}`, service.name).toMatch(kind.seen);
      expect(service, service.name).toMatchObject({ restarts: 0, state: "up" });
    }
    const open = () => Object.values(seen()).reduce((sum, each) => sum + each.open, 0);
    await host.afloat("stop", ...kinds);
    await until("every connection to be gone", () => open() === 0);
  },
);

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}
