import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { claimPorts } from "../../claim-ports.ts";
import { cpuMs } from "../cost.ts";
import { against, type Figure } from "../figure.ts";
import type { Progress } from "../supervisors/installed.ts";
import { benchProgram, ProbingAgent } from "../supervisors/probing-agent.ts";

const bench = "health";
const SERVICES = 200;
const INTERVAL_MS = 10_000;
/** The start is not measured: the first looks at a service come sooner than its interval. */
const WARM_MS = 30_000;
/** A probe is late when it comes later than this after the one before. */
const LATE_MS = 1.1 * INTERVAL_MS;
const BUNCH_MS = 100;

/**
 * Two hundred services, each a process with a port and an endpoint of its own, and at the same time bare Node making the same
 * requests of them with node:http. When probes came is what the services saw.
 */
export async function load(seconds: number, progress: Progress): Promise<Figure[]> {
  const first = await claimPorts(200);
  const agent = new ProbingAgent();
  const ports = Array.from({ length: SERVICES }, (_, i) => first + i);
  const floor = spawn(process.execPath, [benchProgram("calls.mjs"), ...[first, SERVICES, INTERVAL_MS].map(String)], {
    stdio: "ignore",
  });
  try {
    progress("200 services: starting");
    agent.start(
      ports.map(
        (port) =>
          `  s${port}: { command: [perl, ${benchProgram("answers.pl")}, "${port}", seen], port: ${port}, health: /health }`,
      ),
    );
    await agent.see("all to be healthy", (services) => services.every(({ verdict }) => verdict === "healthy"));
    await wait(WARM_MS);
    const fromMs = Date.now();
    const [ours, theirs] = [cpuMs(agent.pid), cpuMs(floor.pid ?? 0)];
    progress(`200 services: probed for ${seconds} s`);
    await wait(seconds * 1_000);
    const perMinute = 60 / seconds;
    const value = (cpuMs(agent.pid) - ours) * perMinute;
    const bare = { name: "bare Node, node:http", value: (cpuMs(floor.pid ?? 0) - theirs) * perMinute };
    const cpu = { bench, figure: "CPU a minute, 200 services every 10 s", value, unit: "ms" };
    return [against(bare, cpu, 2), ...cadenceFigures(agent.read("seen"), fromMs, Date.now())];
  } finally {
    floor.kill();
    agent.end();
  }
}

/** What the services saw: a line for each call, with the port and when it came. */
function cadenceFigures(seen: string, fromMs: number, toMs: number): Figure[] {
  const calls = seen
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number))
    .map(([port = 0, atMs = 0]) => ({ port, atMs }))
    .filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  const late = calls.filter(({ port, atMs }, i) => {
    const before = calls.slice(0, i).findLast((call) => call.port === port)?.atMs ?? fromMs;
    return atMs - before > LATE_MS;
  });
  const bunched = Math.max(0, ...calls.map(({ atMs }) => within(calls, atMs)));
  const stated = { bench, against: null, ratio: null };
  return [
    {
      ...stated,
      figure: `probes late by more than 10 %, of ${calls.length}`,
      value: late.length,
      unit: "probes",
      aim: "0",
      met: late.length === 0 && calls.length > 0,
    },
    {
      ...stated,
      figure: `most probes within ${BUNCH_MS} ms (${(SERVICES * BUNCH_MS) / INTERVAL_MS} if even)`,
      value: bunched,
      unit: "probes",
      aim: null,
      met: null,
    },
  ];
}

const within = (calls: readonly { atMs: number }[], fromMs: number) =>
  calls.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + BUNCH_MS).length;
