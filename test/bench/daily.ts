import { spawnSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { claimPorts } from "../claim-ports.ts";
import { setup } from "../stories/house/build.ts";
import { House } from "../stories/house/house.ts";
import { cpuMs, idleNode, residentMegabytes } from "./cost.ts";
import { configFuzz } from "./daily/config-fuzz.ts";
import { fuzz } from "./daily/fuzz.ts";
import { against, type Bench, type Figure, median } from "./figure.ts";
import { Afloat } from "./supervisors/afloat.ts";
import { Pm2 } from "./supervisors/pm2.ts";
import { benchProgram } from "./supervisors/probing-agent.ts";
import type { Command } from "./supervisors/supervisor.ts";
import { Supervisord } from "./supervisors/supervisord.ts";

const bench = "daily";
const LINES = Array.from({ length: 50 }, (_, i) => `sleep 10${String(i).padStart(4, "0")}`);
const PROBED = 10;
/** Of a core: what 50 services may cost in which nothing happens. */
const IDLE_LIMIT_PERCENT = 0.3;

/** What a person meets every day: how long a look takes, and what it costs to be looked after. */
export const daily: Bench = {
  name: bench,
  title: "status of 50 services, the daemon's memory with probes and link, its CPU in idle time",
  async run({ long, progress }) {
    progress("building");
    setup();
    const [afloat, pm2, supervisord] = [new Afloat(), new Pm2(), new Supervisord()];
    try {
      for (const each of [afloat, pm2, supervisord]) {
        progress(`50 services: ${each.title}`);
        each.install();
        each.start(LINES);
      }
      await wait(10_000);
      const looks = lookFigures([afloat, pm2, supervisord], long ? 50 : 15, progress);
      const idle = await idleFigures(afloat, pm2, long ? 300 : 60, progress);
      const memory = await memoryFigures(pm2, supervisord, progress);
      const control = await fuzz(1_000_000, progress);
      return [...looks, ...idle, ...memory, ...control, ...(await configFuzz(long ? 1_000_000 : 20_000, progress))];
    } finally {
      for (const each of [afloat, pm2, supervisord]) await each.end();
    }
  },
};

type Looked = { title: string; looking: Command };

/** The whole command, one after the other in turns, so that what disturbs the machine disturbs all. */
function lookFigures(all: Looked[], rounds: number, progress: (text: string) => void): Figure[] {
  const nothing = { program: process.execPath, args: ["-e", "0"], cwd: ".", env: process.env };
  const asked = [{ title: "node -e 0", looking: nothing }, ...all];
  const tookMs = asked.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    progress(`status of 50 services, ${round + 1} of ${rounds}`);
    for (const [i, { looking }] of asked.entries()) tookMs[i]?.push(timed(looking));
  }
  const [floor, ours, ...peers] = asked.map(({ title }, i) => ({ name: title, value: median(tookMs[i] ?? []) }));
  if (floor === undefined || ours === undefined) throw new Error("nothing was looked at");
  const measured = { bench, figure: "status of 50 services, the whole command", value: ours.value, unit: "ms" };
  return [against(floor, measured, 1.5), ...peers.map((peer) => against(peer, measured, 1))];
}

function timed({ program, args, cwd, env }: Command): number {
  const startedMs = performance.now();
  const { error } = spawnSync(program, args, { cwd, env, stdio: ["ignore", "pipe", "ignore"] });
  if (error !== undefined) throw error;
  return performance.now() - startedMs;
}

async function idleFigures(
  afloat: Afloat,
  pm2: Pm2,
  seconds: number,
  progress: (text: string) => void,
): Promise<Figure[]> {
  progress(`50 services, idle for ${seconds} s`);
  const pids = [afloat.daemonPid(), pm2.daemonPid()];
  const before = pids.map(cpuMs);
  await wait(seconds * 1_000);
  const [ours = 0, theirs = 0] = pids.map((pid, i) => (cpuMs(pid) - (before[i] ?? 0)) / (seconds * 10));
  const figure = "CPU, 50 services in which nothing happens";
  const stated = { bench, figure, value: ours, unit: "%", against: null, ratio: null };
  // A tick of the kernel's is the least that can be measured.
  const peer = { name: pm2.title, value: Math.max(theirs, 1 / seconds) };
  return [
    { ...stated, aim: `<= ${IDLE_LIMIT_PERCENT} %`, met: ours <= IDLE_LIMIT_PERCENT },
    against(peer, { bench, figure, value: ours, unit: "%" }, null),
  ];
}

/** Ten services with ports and endpoints that are called, and a cloud that is told. */
async function memoryFigures(pm2: Pm2, supervisord: Supervisord, progress: (text: string) => void): Promise<Figure[]> {
  progress(`${PROBED} services, probed, and the link to a cloud`);
  const house = await House.build();
  const bare = idleNode();
  try {
    await house.found("bench");
    const first = await claimPorts();
    const services = Array.from({ length: PROBED }, (_, i) => {
      const command = `[perl, ${benchProgram("answers.pl")}, "${first + i}", seen]`;
      return `  s${i}: { command: ${command}, port: ${first + i}, health: /health }\n`;
    });
    const host = await house.addHost("bench", "bench-host", `services:\n${services.join("")}`);
    for (let i = 0; i < PROBED; i++) await host.see(`s${i}`, ({ verdict }) => verdict === "healthy", "is healthy");
    // The garbage of the start is collected meanwhile.
    await wait(30_000);
    const value = residentMegabytes(host.pid);
    const measured = { bench, figure: "daemon, resident, 10 services, probes and link", value, unit: "MB" };
    const peers = [pm2, supervisord].map((peer) => ({
      name: `${peer.title}, no probes`,
      value: residentMegabytes(peer.daemonPid()),
    }));
    const floor = { name: "bare Node", value: residentMegabytes(bare.pid ?? 0) };
    return [against(floor, measured, 1.3), ...peers.map((peer) => against(peer, measured, null))];
  } finally {
    bare.kill();
    await house.end();
  }
}
