import { join } from "node:path";
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
  // Once: the next might meet the process when it is all but gone.
  terminal.press();
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

it("events tells why a service restarted and what became of the agent, also when no agent runs", async () => {
  host = new Host("  web: sleep 47103\n  other: sleep 47104\n");
  const agent = await host.start();
  const pid = await host.pidOf("web");
  await host.pidOf("other");
  const following = host.follow("events", "web", "--follow", "--json");
  await until("what was before", () => following.out.includes(`(pid ${pid})`));
  process.kill(pid, "SIGKILL");
  await host.see("web", (web) => web.state === "up" && web.pid !== pid, "back");
  await until("it to be told", () => following.out.includes("restarted: killed by signal 9 (SIGKILL) after"));
  await host.afloat("stop", "other");
  await host.kill(agent);
  await host.start();
  await host.pidOf("web");
  await host.afloat("down");
  const why = await host.afloat("events", "web", "--kind", "exit,restart", "--since", "1h");
  expect(why.out).toMatch(
    /exit {5}killed by signal 9 .* after .*\n○ [\d: -]+ {2}web {6,}restart {2}restarted: killed by signal 9/,
  );
  const all = await host.afloat("events", "-n", "all");
  expect(all.out).toMatch(/other .*paused by /);
  expect(all.out).toContain("the one before was killed, crashed, or went down with the machine");
  expect(all.out.trim().split("\n").at(-1)).toContain("the agent stopped every service and ended");
  for (const line of following.out.trim().split("\n")) {
    expect(Object.keys(JSON.parse(line))).toEqual(["at", "service", "kind", "text", "event"]);
    expect(line).not.toContain('"service":"other"');
  }
});

it("events says what it expected where it is asked wrongly", async () => {
  host = new Host("  web: sleep 47105\n");
  const ask = async (...args: string[]) => (await host.afloat("events", ...args)).err;
  expect(await ask("--kind", "restrat")).toContain("Did you mean restart?");
  expect(await ask("--since", "yesterday-ish")).toContain(
    "expected --since to be a duration like 10m, a time like 03:12",
  );
  expect(await ask("wbe")).toContain("there is no service wbe; there is web. Did you mean web?");
  expect(await ask("web")).toBe("nothing has happened here yet\n");
});

it("describe tells everything of one service: what is configured, its processes, why, its files, its last events", async () => {
  host = new Host(
    `  web:
    command: [sh, -c, "sleep 47106; true", --password, hunter2]
    restart_at: "0 4 * * *"
    env: { API_TOKEN: abc }
    stop: { signal: SIGINT, timeout: 3s }
`,
  );
  const without = await host.afloat("describe", "web");
  expect(without.out).toContain("no agent runs");
  expect(without.out).toContain("afloat.yaml:2");
  await host.start();
  const pid = await host.pidOf("web");
  await until("its child", () => host.processes().length === 2);
  const { out, code } = await host.afloat("describe", "web");
  expect(code).toBe(0);
  expect(out).toMatch(/^● web: healthy for/);
  expect(out).toMatch(new RegExp(`Processes {5}${pid} sh -c .*\n {18}\\d+ sleep 47106`));
  expect(out).not.toContain("hunter2");
  expect(out).toContain("at `0 4 * * *`");
  expect(out).toMatch(/Next planned {2}\d{4}-\d\d-\d\d 04:00:00/);
  expect(out).toContain("SIGINT, SIGKILL after 3 s");
  expect(out).toContain(join(host.stateDir, "logs", "web.log"));
  expect(out).toMatch(/Last events\n.*healthy: the process runs/);
  const json = await host.afloat("describe", "web", "--json");
  expect(JSON.parse(json.out)).toMatchObject({
    service: "web",
    configured: { env: ["API_TOKEN"] },
    snapshot: { pid },
    processes: [
      { pid, depth: 0 },
      { depth: 1, words: "sleep 47106" },
    ],
  });
  expect(json.out).not.toContain("abc");
});

it("env shows what a service really has, also after the file was edited, and hides what looks like a secret", async () => {
  const yaml = (value: string) =>
    `  web: { command: sleep 47107, groups: [front], env: { COLOUR: ${value}, API_TOKEN: abc, DB: "postgres://me:pw@db/x", EMPTY_KEY: "" } }\n`;
  host = new Host(yaml("green"));
  const before = await host.afloat("env", "web");
  expect(before.out).toContain("COLOUR=green\n");
  expect(before.err).toContain("does not run: this is what it would get");
  await host.start();
  const pid = await host.pidOf("web");
  host.configure(yaml("blue"));
  const { out, err } = await host.afloat("env", "web");
  expect(out).toContain("COLOUR=green\n");
  expect(out).toContain("API_TOKEN=[hidden]\n");
  expect(out).toContain("DB=[hidden]\n");
  expect(out).toContain("EMPTY_KEY=\n");
  expect(err).toContain(`has this as pid ${pid}`);
  expect((await host.afloat("events", "@front")).out).toContain("web");
  expect((await host.afloat("env", "web", "--show-secrets")).out).toContain("API_TOKEN=abc\n");
  const json = JSON.parse((await host.afloat("env", "web", "--json")).out);
  expect(json).toMatchObject({ service: "web", pid });
  expect(json.variables).toContainEqual({ name: "API_TOKEN", value: null, hidden: true });
});

it("exec runs a command where the service lives, hands its exit code on, and is never taken for the service", async () => {
  host = new Host(`  web: { command: sleep 47108, cwd: /, env: { COLOUR: green } }\n  other: sleep 47109\n`);
  await host.start();
  await host.pidOf("web");
  const sh = (line: string) => host.afloat("exec", "web", "--", "sh", "-c", line);
  expect(await sh("pwd; echo $COLOUR $AFLOAT_SERVICE; echo err >&2; exit 7")).toEqual({
    code: 7,
    out: "/\ngreen web\n",
    err: "err\n",
  });
  expect((await sh("echo spawn:$AFLOAT_SPAWN")).out).toBe("spawn:\n");
  expect((await sh("kill -9 $$")).code).toBe(137);
  expect((await host.afloat("exec", "web", "--", "no-such-program")).code).toBe(127);
  expect((await host.afloat("exec", "web", "--", "/")).code).toBe(126);
  expect(await host.afloat("exec", "wbe", "--", "true")).toMatchObject({
    code: 125,
    err: expect.stringContaining("Did you mean web?"),
  });
  expect((await host.afloat("exec", "*e*", "--", "true")).code).toBe(125);
  const terminal = new Terminal(host.dir, ["exec", "web", "--", "sh", "-c", "tty; stty size; sleep 47110"], SIZE);
  await until("its terminal", () => /\/dev\/pts\/\d+\r\n12 80\r\n/.test(terminal.output));
  expect(await terminal.interrupt()).toBe(130);
});
