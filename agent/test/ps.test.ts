import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import { allByPs, statByPs } from "../src/process/ps.ts";
import { statOf } from "../src/process/proc.ts";

it("where there is no /proc, ps tells the same of a process", () => {
  const [byPs, byProc] = [statByPs(process.pid), statOf(process.pid)];
  expect(byPs).toMatchObject({ pid: process.pid, parent: process.ppid, group: byProc?.group });
  expect(byPs?.startTicks).toBeGreaterThan(Date.now() / 1000 - 24 * 3600);
  expect(allByPs().some(({ pid }) => pid === process.pid)).toBe(true);
});

it("a process that ended is not there for ps", async () => {
  const child = spawn("sleep", ["0.01"]);
  await new Promise((resolve) => child.once("exit", resolve));
  expect(statByPs(child.pid ?? 0)).toBeNull();
});
