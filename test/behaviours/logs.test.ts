import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { AGENT } from "../stories/house/host.ts";
import { Host, program } from "./host.ts";
import { SmallDisk } from "./small-disk.ts";

/** What services write is never in their way and not lost: behaviours 46 to 51. */

let host: Host;
afterEach(() => host.end());

const python = (count: number, pace: number) => `[python3, ${program("counts.py")}, "${count}", "${pace}"]`;

/** All numbers of `line N` that are kept, in order, as the files themselves have them. */
function keptNumbers(service: string): number[] {
  const dir = join(host.stateDir, "logs", "old", service);
  const pieces = list(dir).filter((name) => /\.log(\.gz)?$/.test(name));
  const texts = pieces.toSorted().map((name) => {
    const bytes = readFileSync(join(dir, name));
    return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  });
  const all = [...texts, host.output(service)].join("").replaceAll("\0", "");
  return all.split("\n").flatMap((line) => (line === "" ? [] : [Number(/^line (\d+)$/.exec(line)?.[1] ?? Number.NaN)]));
}

/** True for 0, 1, 2, … without a hole, a double or a torn line. */
const isWhole = (numbers: number[]) => numbers.every((number, i) => number === i);

it.each([
  ["python", python(400_000, 0)],
  ["node", `[node, ${program("counts.mjs")}, "400000"]`],
  ["seq", `"seq -f 'line %.0f' 0 399999; exec sleep 47000"`],
])(
  "rotated many times while %s writes as fast as it can, not a line is lost, doubled or torn",
  async (_name, command) => {
    host = new Host(`  web: { command: ${command}, log: { max_size: 256KB, keep: 100 } }\n`);
    await host.start();
    await until(
      "the last line",
      () => host.output("web").includes("line 399999\n") || keptNumbers("web").at(-1) === 399_999,
    );
    await until("it to be cut", () => statSync(join(host.stateDir, "logs/web.log")).blocks * 512 < 600_000);
    const numbers = keptNumbers("web");
    expect(numbers).toHaveLength(400_000);
    expect(isWhole(numbers)).toBe(true);
    expect(list(join(host.stateDir, "logs/old/web")).filter((name) => name.endsWith(".gz")).length).toBeGreaterThan(3);
    // `afloat logs` reads the same.
    const all = await host.afloat("logs", "web", "--lines", "all");
    expect(all.out.split("\n")).toHaveLength(400_001);
    expect((await host.afloat("logs", "web", "-n", "2")).out).toBe("line 399998\nline 399999\n");
  },
);

const piecesOf = (name: string) =>
  list(join(host.stateDir, "logs/old", name)).filter((each) => /\.log(\.gz)?$/.test(each));

it("only so many pieces are kept, uncompressed where one wants to read them, and none older than allowed", async () => {
  host = new Host(`  few: { command: ${python(200_000, 0)}, log: { max_size: 100KB, keep: 3, compress: false } }
  old: { command: ${python(100_000, 0)}, log: { max_size: 100KB, keep: 50, max_age: 1h } }
`);
  await host.start();
  await until("what is too much to be gone", () => piecesOf("few").length === 3 && piecesOf("old").length > 5);
  expect((await host.afloat("logs", "few", "-n", "1")).out).toBe("line 199999\n");
  const before = piecesOf("old");
  const longAgo = Date.now() / 1000 - 7200;
  for (const name of before) utimesSync(join(host.stateDir, "logs/old/old", name), longAgo, longAgo);
  await host.afloat("restart", "old");
  await until("the old ones to be gone", () => !before.some((name) => piecesOf("old").includes(name)));
});

it("the last line without its end is there, of stdout as of stderr, and so is what a process wrote before it was killed", async () => {
  host = new Host(`  web: { command: [sh, -c, "echo out; echo err >&2; printf unfinished; exec sleep 47001"] }\n`);
  await host.start();
  process.kill(await host.pidOf("web"), "SIGSTOP");
  await until("its output", () => host.output("web") === "out\nerr\nunfinished");
  expect((await host.afloat("logs", "web")).out).toBe("out\nerr\nunfinished\n");
});

it("/dev/stdout can be opened by name; opened anew as a file, it is emptied by the service, which is counted and said", async () => {
  host = new Host(`  appends: { command: [sh, ${program("writes-dev-stdout.sh")}] }
  empties: { command: [sh, ${program("truncates-dev-stdout.sh")}] }
`);
  await host.start();
  await until("both", () => host.output("appends").includes("three") && host.output("empties").includes("after"));
  expect(host.output("appends")).toBe("one\ntwo\nthree\n");
  await until("it to be said", () => host.log().includes("empties: log: 7 bytes are missing"));
  expect((await host.afloat("logs", "empties")).err).toContain("7 bytes are missing");
});

it("a grandchild that holds the output holds up neither an exit nor a restart", async () => {
  host = new Host(
    `  web: { command: [sh, -c, "setsid sh -c 'sleep 0.3; echo late; exec sleep 47002' & sleep 0.1; exit 1"], stop: { timeout: 300ms }, backoff: { min: 50ms, max: 100ms } }\n`,
  );
  await host.start();
  const { lastExit } = await host.see("web", ({ restarts }) => restarts > 2, "restarting");
  expect(lastExit).toMatchObject({ code: 1 });
  expect(lastExit?.ranMs).toBeLessThan(5000);
});

it("a flood without line ends, and one that never ends: the disk is bounded, the services are not held up, memory stays", async () => {
  host = new Host(`  yes: { command: ["yes"], log: { max_size: 1MB, keep: 2 } }
  endless: { command: [sh, -c, "exec tr '\\\\0' x </dev/zero"], log: { max_size: 1MB, keep: 2 } }
`);
  const agent = await host.start();
  await until("bytes to be dropped", () => host.log().includes("came faster than they could be kept"));
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.pid}/status`, "utf8"))?.[1]) / 1024;
  const line = await host.afloat("logs", "endless", "-n", "1");
  expect(line.out.length).toBeLessThan(70_000);
  expect((await host.status())?.services.every(({ state }) => state === "up")).toBe(true);
  await host.afloat("stop", "all");
  const used = () =>
    Number(execFileSync("du", ["-sk", join(host.stateDir, "logs")], { encoding: "utf8" }).split("\t")[0]);
  await until("the rest to be cut", () => used() < 16 * 1024);
  expect(memory()).toBeLessThan(250);
});

it.each(["its log file", "the whole folder of logs"])(
  "%s is removed while it runs: it writes on, and no line is lost",
  async (what) => {
    host = new Host(`  web: { command: ${python(3000, 1000)} }\n`);
    await host.start();
    await until("some lines", () => host.output("web").length > 2000);
    rmSync(join(host.stateDir, "logs", what === "its log file" ? "web.log" : ""), { recursive: true });
    await until("the last line", () => host.output("web").includes("line 2999\n"));
    expect(isWhole(keptNumbers("web"))).toBe(true);
    expect(host.log()).toContain("web: its log was removed or renamed");
  },
);

it("its log is renamed by somebody else's rotation: what follows is in the new file, and nothing in neither", async () => {
  host = new Host(`  web: { command: ${python(3000, 1000)} }\n`);
  await host.start();
  await until("some lines", () => host.output("web").length > 2000);
  renameSync(join(host.stateDir, "logs", "web.log"), join(host.dir, "rotated.log"));
  await until("the last line", () => host.output("web").includes("line 2999\n"));
  const numbers = new Set([...host.read("rotated.log").split("\n"), ...host.output("web").split("\n")]);
  for (let number = 0; number < 3000; number++) expect(numbers.has(`line ${number}`)).toBe(true);
});

it("with the agent away, services write on, and the next agent cuts what has come", async () => {
  host = new Host(`  web: { command: ${python(300_000, 0)}, log: { max_size: 256KB, keep: 100 } }\n`);
  const agent = await host.start();
  await host.pidOf("web");
  await host.kill(agent);
  await until("the last line", () => host.output("web").includes("line 299999\n"));
  await host.start();
  await until("it to be cut", () => piecesOf("web").length > 3);
  const read = (await host.afloat("logs", "web", "-n", "all")).out.trimEnd().split("\n");
  expect([read.length, isWhole(read.map((line) => Number(line.slice(5))))]).toEqual([300_000, true]);
});

it("kill -9 of the agent in the middle of cutting, again and again: not a line is lost or doubled", async () => {
  host = new Host(`  web: { command: ${python(600_000, 0)}, log: { max_size: 64KB, keep: 1000 } }\n`);
  let agent = host.spawn();
  for (let round = 0; round < 12; round++) {
    await new Promise((resolve) => setTimeout(resolve, 150 + ((round * 61) % 300)));
    await host.kill(agent);
    agent = host.spawn();
  }
  await until("the last line", async () => (await host.afloat("logs", "web", "-n", "1")).out === "line 599999\n");
  const read = (await host.afloat("logs", "web", "-n", "all")).out.trimEnd().split("\n");
  expect(read).toHaveLength(600_000);
  expect(read.every((line, i) => line === `line ${i}`)).toBe(true);
});

describe("afloat logs", () => {
  it("follows across rotations without losing or doubling a line, and leaves when nobody reads", async () => {
    host = new Host(`  web: { command: ${python(30_000, 20_000)}, log: { max_size: 16KB, keep: 100 } }\n`);
    await host.start();
    const child = spawn(process.execPath, [AGENT, "logs", "web", "-f", "-n", "all"], { cwd: host.dir });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    await until("the last line", () => text.includes("line 29999\n"));
    child.kill("SIGINT");
    expect(
      isWhole(
        text
          .trimEnd()
          .split("\n")
          .map((line) => Number(line.slice(5))),
      ),
    ).toBe(true);
    const line = `'${process.execPath}' '${AGENT}' logs web -n all | head -1`;
    expect(execFileSync("sh", ["-c", line], { cwd: host.dir, encoding: "utf8" })).toBe("line 0\n");
  });

  it("chooses by time, by pattern and by number; several services are merged by time; --json is one object a line", async () => {
    host = new Host(`  web: "echo web early; sleep 3.2; echo web late ERROR; exec sleep 47003"
  api: "sleep 1.6; echo api middle; exec sleep 47004"
`);
    await host.start();
    await until("both", () => host.output("web").includes("late") && host.output("api").includes("middle"));
    await until("their times to be known", async () => !(await host.afloat("logs", "-t")).out.includes("unknown"));
    const merged = (await host.afloat("logs")).out;
    expect(merged).toBe("web | web early\napi | api middle\nweb | web late ERROR\n");
    expect((await host.afloat("logs", "--grep", "error", "-i")).out).toBe("web | web late ERROR\n");
    const line: { service: string; at: string; line: string } = JSON.parse(
      (await host.afloat("logs", "api", "--json")).out,
    );
    expect(line).toMatchObject({ service: "api", line: "api middle" });
    const at = new Date(Date.parse(line.at) + 1).toISOString();
    expect((await host.afloat("logs", "web", "--since", at)).out).toBe("web late ERROR\n");
    expect((await host.afloat("logs", "web", "--since", "1h")).out).toBe("web early\nweb late ERROR\n");
    const wrong = await host.afloat("logs", "--since", "yesterday-ish");
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("expected --since")]);
  });
});

it.runIf(SmallDisk.canBe())(
  "a full disk: services run on, the agent says so and mends itself, and what was lost is told",
  async () => {
    host = new Host(`  web: { command: [sh, ${program("writes-on.sh")}] }\n  other: sleep 47005\n`);
    const disk = new SmallDisk(host.stateDir, "4m");
    try {
      await host.start();
      const pid = await host.pidOf("web");
      const filler = join(host.stateDir, "filler");
      disk.fill(filler);
      await until("it to be full", () => disk.isFull());
      expect((await host.afloat("restart", "other")).code).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 6000));
      rmSync(filler);
      await until("it to be told", async () => (await host.afloat("logs", "web")).err.includes("the disk was full"));
      expect(await host.pidOf("web")).toBe(pid);
      expect(host.log()).toContain("there is room on the disk again");
      await host.afloat("down");
    } finally {
      disk.end();
    }
  },
);

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
