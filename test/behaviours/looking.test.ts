import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { Terminal } from "./terminal.ts";

/** What a person sees of a host: the commands that look. */

let host: Host;
afterEach(() => host.end());

const SIZE = { columns: 80, rows: 12 };

it("status --watch draws in place without clearing, follows what happens, and gives the terminal back", async () => {
  const many = Array.from({ length: 20 }, (_, i) => `  s-${i}: sleep 47100\n`).join("");
  host = new Host(`${many}  web: { command: [sh, -c, "exit 3"], restart: never }\n`);
  await host.start();
  await host.see("web", ({ verdict }) => verdict === "down", "down");
  await host.pidOf("s-19");
  const terminal = new Terminal(host.dir, ["status", "--watch"], SIZE, { NO_COLOR: "1" });
  const last = () => terminal.frames.at(-1) ?? [];
  await until("the first frame", () => last().some((line) => line.startsWith("■ web")));
  expect(last()).toHaveLength(12);
  expect(last().join("\n")).toMatch(/ more services, all well/);
  await host.afloat("stop", "s-0");
  await until("what was asked", () => last().some((line) => line.startsWith("▲ s-0")));
  for (const frame of terminal.frames) for (const line of frame) expect(line.length).toBeLessThanOrEqual(80);
  terminal.type("\u0003");
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).not.toContain("\u001B[2J");
  expect(terminal.output.startsWith("\u001B[?1049h\u001B[?25l")).toBe(true);
  expect(terminal.output.endsWith("\u001B[?25h\u001B[?1049l")).toBe(true);
});

it("status --watch through a pipe is one table after another; --json one line for each change", async () => {
  host = new Host("  web: sleep 47101\n");
  await host.start();
  await host.pidOf("web");
  const plain = host.follow("status", "--watch");
  const json = host.follow("status", "--watch", "--json");
  await until("the first of each", () => plain.out.includes("● web") && json.out.includes("\n"));
  await host.afloat("stop", "web");
  await until("the change", () => plain.out.includes("▲ web") && json.out.includes('"verdict":"paused"'));
  expect(plain.out).not.toContain("\u001B");
  for (const line of json.out.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("services");
});

it("status --quiet says by its exit code alone whether all is well", async () => {
  host = new Host("  web: sleep 47102\n  bad: { command: [sh, -c, 'exit 3'], restart: never }\n");
  await host.start();
  await host.pidOf("web");
  await host.see("bad", ({ verdict }) => verdict === "down", "down");
  expect(await host.afloat("status", "--quiet", "web")).toEqual({ code: 0, out: "", err: "" });
  expect(await host.afloat("status", "--quiet")).toEqual({ code: 1, out: "", err: "" });
});
