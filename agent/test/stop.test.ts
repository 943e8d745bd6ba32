import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { isAlive, statOf } from "../src/process/proc.ts";
import { stopAll, type StopPlan } from "../src/process/stop.ts";

/** What a container says of the time since boot, where it is told its own (lxcfs): less than any process was started at. */
const uptime = vi.hoisted(() => ({ ticks: null as number | null }));
vi.mock("../src/process/proc.ts", async (original) => {
  const real = await original<typeof import("../src/process/proc.ts")>();
  return { ...real, ticksSinceBoot: () => uptime.ticks ?? real.ticksSinceBoot() };
});

const children: ChildProcess[] = [];
afterEach(() => {
  uptime.ticks = null;
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A process, and how it is looked for. */
async function sleeper() {
  const child = spawn("sleep", ["44001"]);
  children.push(child);
  const gone = once(child, "exit");
  await once(child, "spawn");
  const stat = statOf(child.pid ?? 0);
  if (stat === null) throw new Error("it was started");
  const living = () => (isAlive(stat.pid, stat.startTicks) ? [stat] : []);
  return { child, gone, members: { living, find: async () => living() } };
}

const PLAN: StopPlan = { signal: "SIGTERM", timeoutMs: 5000, command: null, failed: () => {} };

it("who seems to be born after now, by another clock, gets the signal all the same", async () => {
  uptime.ticks = 1;
  const { gone, members } = await sleeper();
  expect(await stopAll(members, { ...PLAN, timeoutMs: 1000 })).toEqual({ killed: 0, left: [] });
  expect(await gone).toEqual([null, "SIGTERM"]);
});

it.each([null, "ended with code 7"])(
  "it is stopped when its stop command has ended, too (%s); what failed after the last was gone is not told",
  async (fault) => {
    const { child, members } = await sleeper();
    let [isOver, told] = [false, false];
    const command = async () => {
      child.kill("SIGTERM");
      await wait(400);
      isOver = true;
      return fault;
    };
    const stopped = await stopAll(members, { ...PLAN, command, failed: () => (told = true) });
    expect(stopped).toEqual({ killed: 0, left: [] });
    expect([isOver, told]).toEqual([true, false]);
  },
);

it("who lives on after a stop command that failed gets the signal at once, and that is told", async () => {
  const { gone, members } = await sleeper();
  const told: string[] = [];
  const command = async () => "ended with code 7";
  await stopAll(members, { ...PLAN, command, failed: (fault) => told.push(fault) });
  expect(told).toEqual(["ended with code 7"]);
  expect(await gone).toEqual([null, "SIGTERM"]);
});
