import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { isAlive, isDead, parseStat, statOf } from "../src/process/proc.ts";

/** A line of `/proc/PID/stat` (proc(5)) of a program in this state with so many threads. */
const line = (state: string, threads: number, name = "web") =>
  `4711 (${name}) ${state} 1 4711 4700 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 ${threads} 0 123456 1000 200 18446744073709551615`;

it("what stat says is read past a name with spaces and brackets", () => {
  expect(parseStat(4711, line("S", 12, "a (b) Z 1 c"))).toEqual({
    pid: 4711,
    name: "a (b) Z 1 c",
    state: "S",
    parent: 1,
    group: 4711,
    session: 4700,
    threads: 12,
    startTicks: 123_456,
  });
});

it.each([
  ["S", 1, false],
  ["T", 1, false],
  ["Z", 1, true],
  ["X", 0, true],
  // Its first thread has ended; the others do the work.
  ["Z", 2, false],
])("in state %s with %s threads a process is dead: %s", (state, threads, dead) => {
  expect(isDead(parseStat(4711, line(state, threads)))).toBe(dead);
});

const LEAVES_ITS_THREADS =
  "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); print('ready', flush=True); ctypes.CDLL(None).pthread_exit(None)";

it("a program whose first thread has ended lives until the last has", async () => {
  const child = spawn("python3", ["-c", LEAVES_ITS_THREADS], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = child.pid ?? 0;
  try {
    await once(child.stdout, "data");
    await expect.poll(() => statOf(pid)?.state).toBe("Z");
    expect(isAlive(pid, null)).toBe(true);
  } finally {
    child.kill("SIGKILL");
  }
  await once(child, "exit");
  expect(isAlive(pid, null)).toBe(false);
});
