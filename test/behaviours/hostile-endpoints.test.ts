import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { freePort } from "../demo/ports.ts";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";

/** What an endpoint does to its caller must not harm the caller, nor anybody's cadence, nor the service: behaviour 44. */

let host: Host;
afterEach(() => host.end());

/** Each kind with how it is to be seen. */
const KINDS: Record<string, RegExp> = {
  good: /answered 200/,
  "drips-head": /not HTTP|timed out/,
  "drips-after-status": /timed out/,
  "endless-headers": /not HTTP/,
  "one-endless-header": /not HTTP/,
  "endless-status-line": /not HTTP/,
  "endless-body": /answered 200/,
  "endless-body-of-an-error": /500/,
  "informs-for-ever": /not HTTP/,
  "old-http": /not HTTP/,
  "http2-only": /not HTTP/,
  "two-lengths": /answered 200/,
  "keeps-alive": /answered 200/,
  "answers-half": /timed out/,
  "says-nothing": /timed out/,
  "closes-at-once": /connection dropped/,
  "resets-at-once": /connection dropped/,
  "resets-in-the-head": /connection dropped/,
  "half-closes": /not HTTP/,
  "writes-nuls": /not HTTP/,
  "redirects-to-itself": /302/,
  "gzip-bomb": /answered 200/,
  "huge-length": /answered 200/,
  "drips-body": /timed out/,
  "resets-in-the-body": /connection dropped|closed in the midst|timed out/,
  catastrophic: /takes too long/,
  "endless-chunks": /body is not as expected|timed out/,
  "garbage-for-tls": /TLS failed/,
  "hangs-in-tls": /timed out/,
  "drips-tls": /TLS failed|timed out/,
  "alerts-tls": /TLS failed/,
  "resets-tls": /connection dropped/,
  "lies-about-status": /not HTTP/,
};

/** What is expected of the body of some, which makes the agent read on. */
const BODIES: Record<string, string> = {
  "drips-body": "never$",
  "resets-in-the-body": "never$",
  catastrophic: "^(a+)+$",
  "endless-chunks": "never$",
};

type Seen = Record<string, { calls: number; open: number }>;

it(
  "thirty-three hostile endpoints: each is called on and on at its pace, no connection stays, and nobody is restarted",
  { timeout: 320_000 },
  async () => {
    const first = await freePort(35_000);
    const kinds = Object.keys(KINDS);
    const health = (kind: string, i: number) => {
      const body = BODIES[kind] === undefined ? "" : `, body: '${BODIES[kind]}'`;
      const url = `http${kind.includes("tls") ? "s" : ""}://127.0.0.1:${first + i}/health`;
      return `{ http: "${url}", interval: 300ms, timeout: 500ms${body} }`;
    };
    const services = kinds.map((kind, i) => `  ${kind}: { command: sleep 49000, health: ${health(kind, i)} }\n`);
    const zoo = `  zoo: { command: [node, ${program("hostile-endpoints.mjs")}, "${first}", ${kinds.join(", ")}] }\n`;
    host = new Host(zoo + services.join(""));
    const agent = await host.start();
    const seen = (): Seen => JSON.parse(host.read("seen.json") || "{}");
    const calls = (least: number) => kinds.every((kind) => (seen()[kind]?.calls ?? 0) >= least);
    await until("everything to be called", () => calls(5), 150_000);
    const before = residentMegabytes(agent.pid ?? 0);
    await until("everything to be called many times", () => calls(15), 150_000);
    const after = residentMegabytes(agent.pid ?? 0);
    console.log(`memory: ${before.toFixed(1)} MB after 5 calls of each, ${after.toFixed(1)} MB after 15`);
    for (const service of (await host.status())?.services ?? []) {
      const look = KINDS[service.name];
      if (look === undefined) continue;
      expect(`${service.reason}; ${service.endpoint?.last}`, service.name).toMatch(look);
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
