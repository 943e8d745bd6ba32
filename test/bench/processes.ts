import { setTimeout as wait } from "node:timers/promises";
import { processesCalled, relativesOf } from "../behaviours/processes.ts";
import { Walk } from "../behaviours/walk.ts";
import { claimPorts } from "../claim-ports.ts";
import { setup } from "../stories/house/build.ts";
import { until } from "../stories/house/until.ts";
import { respawnMs } from "./cost.ts";
import { against, type Bench, type Figure, median } from "./figure.ts";
import { headToHead } from "./processes-head-to-head.ts";
import { memoryFigures } from "./processes-memory.ts";
import { Afloat } from "./supervisors/afloat.ts";
import { BareNode } from "./supervisors/bare-node.ts";
import { Pm2 } from "./supervisors/pm2.ts";
import { installed, lineOf, type Progress } from "./supervisors/installed.ts";
import { Runit } from "./supervisors/runit.ts";
import type { Supervisor } from "./supervisors/supervisor.ts";
import { Supervisord } from "./supervisors/supervisord.ts";

const bench = "processes";
/** The agent as a supervisor of processes, beside the floor and its peers in the same run. */
export const processes: Bench = {
  name: bench,
  title: "death to respawn, 200 starts, memory under floods and restarts, kill -9 of the supervisor, a random walk",
  async run({ long, progress }) {
    progress("building");
    setup();
    const respawn = await respawnFigures(long ? 50 : 15, progress);
    const starts = await startFigures(long ? 5 : 3, progress);
    const memory = await memoryFigures(long, progress);
    const heads = await headToHead(progress);
    return [...respawn, ...starts, ...memory, ...heads, await walkFigure(long, progress)];
  },
};

async function respawnFigures(rounds: number, progress: Progress): Promise<Figure[]> {
  const all = installed([new Afloat(), new BareNode(), new Pm2(), new Runit(), new Supervisord()], progress);
  const took = all.map((): number[] => []);
  try {
    all.forEach((each, i) => each.start([lineOf(i)]));
    for (const [i] of all.entries()) await until("a service", () => processesCalled(lineOf(i)).length === 1);
    for (let round = 0; round < rounds; round++) {
      progress(`death to respawn, ${round + 1} of ${rounds}`);
      // Longer than anybody's least uptime, so that each restart is a first one.
      await wait(1_500);
      all.forEach((_, i) => {
        const [victim = 0] = processesCalled(lineOf(i));
        took[i]?.push(respawnMs(victim, relativesOf(victim).parent));
      });
    }
  } finally {
    for (const each of all) await each.end();
  }
  return comparisons("death to respawn", "ms", all, took, 1.5);
}

async function startFigures(rounds: number, progress: Progress): Promise<Figure[]> {
  const kinds = [() => new Afloat(), () => new BareNode(), () => new Pm2(), () => new Supervisord()];
  const all: Supervisor[] = [];
  const took: number[][] = [];
  for (const [kind, make] of kinds.entries()) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const [each] = installed([make()], () => {});
      if (each === undefined) break;
      progress(`200 services started by ${each.title}, ${round + 1} of ${rounds}`);
      times.push(await startMs(each, lineOf(100 + kind)));
      if (round === 0) all.push(each);
    }
    if (times.length > 0) took.push(times);
  }
  return comparisons("200 services started", "ms", all, took, null);
}

async function startMs(supervisor: Supervisor, line: string): Promise<number> {
  const startedMs = performance.now();
  try {
    supervisor.start(Array.from({ length: 200 }, () => line));
    while (processesCalled(line).length < 200) await wait(5);
    return performance.now() - startedMs;
  } finally {
    await supervisor.end();
  }
}

/** The first of them against each of the others, of which bare Node is the floor. */
function comparisons(
  figure: string,
  unit: string,
  all: readonly Supervisor[],
  took: readonly number[][],
  floorLimit: number | null,
): Figure[] {
  const [ours, ...others] = all.map(({ title }, i) => ({ title, value: median(took[i] ?? []) }));
  if (ours === undefined) throw new Error("a bench without its subject");
  return others.map(({ title, value }) =>
    against({ name: title, value }, { bench, figure, value: ours.value, unit }, title === "bare Node" ? floorLimit : 1),
  );
}

async function walkFigure(long: boolean, progress: Progress): Promise<Figure> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const seconds = long ? 600 : 120;
  const walk = new Walk(await claimPorts(), seed);
  try {
    const value = await walk.walk(seconds * 1_000, (steps) => progress(`a random walk, seed ${seed}, ${steps} steps`));
    const figure = `random walk of ${seconds} s, no law broken (seed ${seed})`;
    return { bench, figure, value, unit: "steps", against: null, ratio: null, aim: null, met: null };
  } finally {
    await walk.end();
  }
}
