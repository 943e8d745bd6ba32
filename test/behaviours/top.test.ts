import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AGENT } from "../stories/house/host.ts";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";

let host: Host;

beforeAll(async () => {
  host = new Host(`
  talks: { command: [sh, -c, "i=0; while :; do i=$((i+1)); echo said $i; sleep 0.1; done"] }
  web: sleep 7700811
  worker-with-quite-a-long-name: sleep 7700812
`);
  await host.start();
  await host.pidOf("web");
});

afterAll(() => host.end());

const has = (command: string) => {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** A real terminal of tmux' own, in a server of the test's own, with `afloat top` in it. */
class Terminal {
  readonly #dir = mkdtempSync(join(tmpdir(), "afloat-tmux-"));

  constructor(columns: number, rows: number) {
    const size = ["-x", String(columns), "-y", String(rows)];
    this.#tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      "-s",
      "t",
      ...size,
      "-c",
      host.dir,
      `sh -c '"${process.execPath}" "${AGENT}" top; echo "it ended with $?"; cat'`,
    );
  }

  press(...keys: string[]): void {
    this.#tmux("send-keys", "-t", "t", ...keys);
  }

  lines(): string[] {
    return this.#tmux("capture-pane", "-p", "-t", "t").split("\n");
  }

  async shows(what: string | RegExp): Promise<string> {
    let seen = "";
    try {
      return await until(`the terminal to show ${String(what)}`, () => {
        seen = this.lines().join("\n");
        return (typeof what === "string" ? seen.includes(what) : what.test(seen)) && seen;
      });
    } catch (error) {
      throw new Error(`it shows:\n${seen}`, { cause: error });
    }
  }

  end(): void {
    this.#tmux("kill-server");
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #tmux(...args: string[]): string {
    // Not within somebody's own tmux.
    const { TMUX: _, ...env } = process.env;
    return execFileSync("tmux", ["-S", join(this.#dir, "s"), ...args], { encoding: "utf8", env });
  }
}

describe.each([
  [80, 14],
  [200, 20],
])("afloat top on a terminal of %i columns", (columns, rows) => {
  it.skipIf(!has("tmux"))(
    "shows, chooses, filters, restarts, reads logs, and leaves the terminal as it was",
    async () => {
      const terminal = new Terminal(columns, rows);
      try {
        const first = await terminal.shows(/web +healthy +\d\S* %/);
        expect(first).toContain("3 services");
        expect(first.split("\n")[rows - 1]).toContain("q quit");
        for (const line of first.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
        expect(first.includes("the process runs"), "the reason where there is room").toBe(columns === 200);
        terminal.press("n");
        await terminal.shows("by name");
        terminal.press("/", "web", "Enter");
        const filtered = await terminal.shows("1 of 3 services, with web");
        expect(filtered).not.toContain("talks");
        const before = await host.pidOf("web");
        terminal.press("r");
        await terminal.shows("restart web? y restarts it");
        terminal.press("y");
        await terminal.shows(/web: running as pid \d+, healthy/);
        expect(await host.pidOf("web")).not.toBe(before);
        terminal.press("Escape");
        await terminal.shows("3 services");
        terminal.press("Home", "l");
        const log = await terminal.shows(/talks: newest at the bottom[^]*said \d+/);
        const [, newest = "0"] = /said (\d+)\s+[^\n]*q back/.exec(log) ?? [];
        await terminal.shows(new RegExp(`said ${Number(newest) + 5}`));
        terminal.press("PageUp");
        await terminal.shows("lines above the newest");
        terminal.press("q");
        await terminal.shows("3 services");
        terminal.press("q");
        expect(await terminal.shows("it ended with 0")).not.toContain("3 services");
      } finally {
        terminal.end();
      }
    },
  );
});

it(
  "an agent that ends while one looks is missed, and found again when it is back",
  { timeout: 120_000 },
  async (context) => {
    if (!has("tmux")) return context.skip("there is no tmux here");
    const terminal = new Terminal(100, 12);
    try {
      await terminal.shows("3 services");
      const agent = (await host.status())?.agent.pid ?? 0;
      process.kill(agent, "SIGKILL");
      await terminal.shows("it is looked for again");
      await host.start();
      terminal.press("n");
      await terminal.shows(/q quit/);
      await terminal.shows(/web +healthy +\d\S* %/);
    } finally {
      terminal.end();
    }
  },
);

it.skipIf(!has("script"))("Ctrl-C ends it, with the cursor back and the screen as before", async () => {
  const line = `stty cols 80 rows 24; "${process.execPath}" "${AGENT}" top`;
  const shell = spawn("script", ["-qec", line, "/dev/null"], { cwd: host.dir, stdio: ["pipe", "pipe", "ignore"] });
  let out = "";
  shell.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
  const ended = new Promise<number | null>((resolve) => shell.once("exit", resolve));
  await until("the first frame", () => out.includes("3 services"));
  shell.stdin.write("\u0003");
  expect(await ended).toBe(0);
  expect(out).toContain("\u001B[?1049h");
  expect(out.slice(out.lastIndexOf("3 services"))).toContain("\u001B[?25h\u001B[?1049l");
});

it("without a terminal it prints one frame, and with --json one object", async () => {
  const frame = await host.afloat("top", "--sort", "name");
  expect(frame.out).not.toContain("\u001B");
  expect(frame.out.trimEnd().split("\n")).toHaveLength(6);
  const json = await host.afloat("top", "--json");
  expect(JSON.parse(json.out).services).toHaveLength(3);
  const wrong = await host.afloat("top", "--sort", "size");
  expect(wrong).toMatchObject({ code: 2 });
  expect(wrong.err).toContain("expected --sort to be one of cpu, memory, restarts, latency, name, got size");
});
