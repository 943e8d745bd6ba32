import { gzipSync } from "node:zlib";
import { House } from "../stories/house/house.ts";
import type { Member } from "../stories/house/member.ts";
import type { StoryHost } from "../stories/house/host.ts";
import { setup } from "../stories/house/build.ts";
import { until } from "../stories/house/until.ts";
import { type Bench, type Figure, against, median } from "./figure.ts";
import { childrenOf, cpuMs, idleNode, ownMegabytes, residentMegabytes, respawnMs } from "./cost.ts";
import { Pm2 } from "./supervisors/pm2.ts";

const bench = "main";
const SERVICES = ["a", "b", "c", "d"];
const LINE = "sleep 100000";

/** The main job, end to end: what the agent costs, how fast a death is mended and shown, what the status page weighs. */
export const main: Bench = {
  name: bench,
  title: "the agent's memory and CPU, death to respawn, death to dashboard, the status page",
  async run({ long, progress }) {
    const rounds = long ? 50 : 15;
    progress("building");
    setup();
    const house = await House.build();
    const pm2 = new Pm2();
    try {
      const owner = await house.found("bench");
      const config = SERVICES.map((name) => `  ${name}: { command: ${LINE}, backoff: { min: 1ms, max: 2ms } }\n`).join(
        "",
      );
      const host = await house.addHost("bench", "bench-host", `services:\n${config}`);
      for (const name of SERVICES) await host.see(name, ({ verdict }) => verdict === "healthy", "is up");
      progress("installing pm2");
      pm2.install();
      pm2.start(SERVICES.map(() => LINE));
      progress("memory");
      const memory = await memoryFigures(host, pm2);
      const idle = await idleFigure(host, pm2, long ? 120 : 30, progress);
      const respawn = await respawnFigures(host, pm2, rounds, progress);
      const shown = await shownFigure(owner, host, rounds, progress);
      return [...memory, idle, ...respawn, shown, ...(await pageFigures(house))];
    } finally {
      await pm2.end();
      await house.end();
    }
  },
};

async function memoryFigures(host: StoryHost, pm2: Pm2): Promise<Figure[]> {
  const bare = idleNode();
  // Let the garbage of the start be collected on both sides.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const floor = { name: "bare Node", value: residentMegabytes(bare.pid ?? 0) };
  const peer = { name: pm2.title, value: residentMegabytes(pm2.daemonPid()) };
  const value = residentMegabytes(host.pid);
  const own = { name: "bare Node", value: ownMegabytes(bare.pid ?? 0) };
  bare.kill();
  return [
    against(floor, { bench, figure: "agent, resident, 4 services", value, unit: "MB" }, 1.3),
    against(peer, { bench, figure: "agent, resident, 4 services", value, unit: "MB" }, 1),
    against(own, { bench, figure: "agent, memory of its own", value: ownMegabytes(host.pid), unit: "MB" }, 2),
  ];
}

/** What it costs to watch four services in which nothing happens. */
async function idleFigure(
  host: StoryHost,
  pm2: Pm2,
  seconds: number,
  progress: (text: string) => void,
): Promise<Figure> {
  progress(`idle for ${seconds} s`);
  const [ours, theirs] = [cpuMs(host.pid), cpuMs(pm2.daemonPid())];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const perMinute = 60 / seconds;
  const value = (cpuMs(host.pid) - ours) * perMinute;
  // A tick is the least that can be measured.
  const peer = Math.max((cpuMs(pm2.daemonPid()) - theirs) * perMinute, 10 * perMinute);
  return against({ name: pm2.title, value: peer }, { bench, figure: "CPU in an idle minute", value, unit: "ms" }, 1);
}

async function respawnFigures(
  host: StoryHost,
  pm2: Pm2,
  rounds: number,
  progress: (text: string) => void,
): Promise<Figure[]> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`death to respawn, ${round + 1} of ${rounds}`);
    ours.push(respawnMs(childrenOf(host.pid)[0] ?? 0, host.pid));
    theirs.push(respawnMs(childrenOf(pm2.daemonPid())[0] ?? 0, pm2.daemonPid()));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const peer = { name: pm2.title, value: median(theirs) };
  return [against(peer, { bench, figure: "death to respawn", value: median(ours), unit: "ms" }, 1)];
}

async function shownFigure(
  owner: Member,
  host: StoryHost,
  rounds: number,
  progress: (text: string) => void,
): Promise<Figure> {
  const seen = await owner.watch();
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`death to dashboard, ${round + 1} of ${rounds}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    seen.messages.length = 0;
    const [victim] = childrenOf(host.pid);
    const startedMs = performance.now();
    process.kill(victim ?? 0, "SIGKILL");
    await until("the death on the dashboard", () => seen.messages.some(({ type }) => type === "service"), 30_000);
    tookMs.push(performance.now() - startedMs);
  }
  seen.close();
  const value = median(tookMs);
  return {
    bench,
    figure: "death to dashboard",
    value,
    unit: "ms",
    against: null,
    ratio: null,
    aim: "<= 1000 ms",
    met: value <= 1_000,
  };
}

async function pageFigures(house: House): Promise<Figure[]> {
  const url = `${house.server.url}/s/bench`;
  const text = await (await fetch(url)).text();
  const bytes = gzipSync(text).byteLength / 1024;
  const floor = { name: "an empty answer", value: await fetchMs(`${house.server.url}/livez`) };
  const value = await fetchMs(url);
  const weight = { bench, figure: "status page, gzipped, 4 services", value: bytes, unit: "KB" };
  return [
    { ...weight, against: null, ratio: null, aim: "<= 5 KB", met: bytes <= 5 },
    against(floor, { bench, figure: "status page, time to its last byte", value, unit: "ms" }, 5),
  ];
}

async function fetchMs(url: string): Promise<number> {
  const tookMs: number[] = [];
  for (let i = 0; i < 60; i++) {
    const startedMs = performance.now();
    await (await fetch(url)).text();
    tookMs.push(performance.now() - startedMs);
  }
  return median(tookMs);
}
