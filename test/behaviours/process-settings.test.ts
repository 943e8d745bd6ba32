import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { relativesOf } from "./processes.ts";
import { SmallDisk } from "./small-disk.ts";

/** What the system gives the processes of a service: niceness, limits, umask, badness, groups. Read off the system itself. */

let host: Host;
afterEach(() => host.end());

/** CAP_SYS_RESOURCE (capabilities(7), bit 24), which even root has not everywhere. */
const mayRaise =
  (BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]}`) >> 24n) % 2n === 1n;
const isRoot = process.getuid?.() === 0;
const QUICK = "backoff: { min: 100ms, max: 300ms }";
const SOMEBODY = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--bounding-set=-all", "--"];

/** The pid of a service that has become its program: before that it is still one of the tools on the way there. */
async function pidOf(name: string, program: string): Promise<number> {
  const pid = await host.pidOf(name);
  await until(`pid ${pid} to be ${program}`, () => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === program);
  return pid;
}

function limitOf(pid: number, name: string): string[] {
  const line = readFileSync(`/proc/${pid}/limits`, "utf8")
    .split("\n")
    .find((each) => each.startsWith(name));
  return (line ?? "").slice(26).trim().split(/\s+/).slice(0, 2);
}

const niceOf = (pid: number) => Number(/\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]?.split(" ")[16]);
const statusOf = (pid: number, field: string) =>
  new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]?.trim();
const badnessOf = (pid: number) => readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim();

it("nice, umask, limits and oom_score_adj are what its first process has, with nothing in between", async () => {
  host = new Host(`  web:
    command: sleep 44101
    nice: 7
    umask: "027"
    oom_score_adj: 345
    limits: { nofile: 512, core: 0, memory: { soft: 512MB }, fsize: { soft: 1MB, hard: unlimited }, cpu: 2h }
`);
  const agent = await host.start();
  const pid = await pidOf("web", "sleep");
  expect(niceOf(pid)).toBe(7);
  expect(statusOf(pid, "Umask")).toBe("0027");
  expect(badnessOf(pid)).toBe("345");
  expect(limitOf(pid, "Max open files")).toEqual(["512", "512"]);
  expect(limitOf(pid, "Max core file size")).toEqual(["0", "0"]);
  expect(limitOf(pid, "Max address space")[0]).toBe(String(512 * 1024 * 1024));
  expect(limitOf(pid, "Max address space")[1]).toBe(limitOf(agent.pid ?? 0, "Max address space")[1]);
  expect(limitOf(pid, "Max file size")).toEqual([String(1024 * 1024), "unlimited"]);
  expect(limitOf(pid, "Max cpu time")).toEqual(["7200", "7200"]);
  expect(relativesOf(pid)).toEqual({ parent: agent.pid, group: pid, session: pid });
  expect(host.processes().map((each) => each.pid)).toEqual([pid]);
});

it("what is not set is as the agent has it, and the agent itself stays as it was", async () => {
  host = new Host(
    `  web: sleep 44102\n  set: { command: sleep 44102, nice: 3, umask: "077", limits: { nofile: 300 } }\n`,
  );
  const agent = await host.start();
  const [web, own] = [await pidOf("web", "sleep"), agent.pid ?? 0];
  await pidOf("set", "sleep");
  for (const name of ["Max open files", "Max address space", "Max processes"])
    expect(limitOf(web, name)).toEqual(limitOf(own, name));
  expect([niceOf(web), statusOf(web, "Umask"), badnessOf(web)]).toEqual([
    niceOf(own),
    statusOf(own, "Umask"),
    badnessOf(own),
  ]);
  expect(niceOf(own)).toBe(niceOf(process.pid));
});

it("niceness is what is written, also under an agent that is nice itself", async () => {
  host = new Host(`  web: { command: sleep 44103, nice: 12 }\n  same: { command: sleep 44103, nice: 5 }\n`);
  await host.start({ before: ["nice", "-n", "5"] });
  expect(niceOf(await pidOf("web", "sleep"))).toBe(12);
  expect(niceOf(await pidOf("same", "sleep"))).toBe(5);
});

it("its settings are there again after a restart, and a compound command has them, too", async () => {
  host = new Host(`  web: { command: "cd / && sleep 44104; true", nice: 4, ${QUICK} }\n`);
  await host.start();
  const first = await host.pidOf("web");
  process.kill(first, "SIGKILL");
  const { pid } = await host.see("web", (web) => web.state === "up" && web.pid !== first, "back");
  await until("it to be nice", () => niceOf(pid ?? 0) === 4);
});

it("a tool that is missing: a clear reason, which names the package", async () => {
  host = new Host(`  web: { command: sleep 44105, limits: { nofile: 100 }, ${QUICK} }\n  other: sleep 44105\n`);
  const path = join(host.dir, "bin");
  mkdirSync(path);
  symlinkSync("/bin/sleep", join(path, "sleep"));
  await host.start({ env: { PATH: path } });
  const { reason } = await host.see("web", ({ reasonCode }) => reasonCode === "cannot-start", "refused");
  expect(reason).toContain("need prlimit, which is not on this host: install util-linux");
  await host.pidOf("other");
});

describe.runIf(isRoot)("with other users", () => {
  it.each([
    [
      "niceness below its own",
      "nice: -5",
      /nice -5: Permission denied for user 54321; write 0 or more, or run the agent as root/,
    ],
    [
      "a hard limit above its own",
      "limits: { nofile: 900000 }",
      /limits \(nofile\): Operation not permitted for user 54321; write at most the agent's hard limit, or raise that \(systemd: LimitNOFILE=/,
    ],
    [
      "less badness than its own",
      "oom_score_adj: -100",
      /oom_score_adj -100: .* for user 54321; only root may go below what the agent has/,
    ],
  ])("an agent that is not root may not give %s: a clear reason", async (_what, setting, words) => {
    host = new Host(`  web: { command: sleep 44106, ${setting}, ${QUICK} }\n`);
    chmodSync(host.dir, 0o777);
    await host.start({ before: ["prlimit", "--nofile=10000:10000", "--", ...SOMEBODY] });
    const { reason, pid } = await host.see("web", (web) => web.reasonCode === "cannot-start", "refused");
    expect(reason).toMatch(words);
    expect(pid).toBeNull();
  });

  it("what only root may give is given before it becomes somebody else", async () => {
    host = new Host(`  web: { command: sleep 44107, user: nobody, cwd: /, nice: -3 }\n`);
    await host.start();
    const pid = await pidOf("web", "sleep");
    expect(statusOf(pid, "Uid")).toMatch(/^65534\s+65534\s+65534\s+65534$/);
    expect(niceOf(pid)).toBe(-3);
  });

  it.runIf(mayRaise)(
    "an agent that may raise hard limits does so, and saves from being killed for memory",
    async () => {
      host = new Host(
        `  web: { command: sleep 44109, user: nobody, cwd: /, oom_score_adj: -50, limits: { nofile: 30000 } }\n`,
      );
      await host.start({ before: ["prlimit", "--nofile=10000:10000", "--"] });
      const pid = await pidOf("web", "sleep");
      expect([badnessOf(pid), limitOf(pid, "Max open files")]).toEqual(["-50", ["30000", "30000"]]);
    },
  );

  it.runIf(SmallDisk.canBe())(
    "`user` keeps the supplementary groups of that user, also beside another `group`",
    async () => {
      host = new Host(
        `  web: { command: sleep 44108, user: nobody, cwd: / }\n  other: { command: sleep 44108, user: nobody, group: daemon, cwd: / }\n`,
      );
      const groups = join(host.dir, "group");
      const added = "afloat-one:x:55001:nobody\nafloat-two:x:55002:root,nobody\n";
      writeFileSync(groups, `${readFileSync("/etc/group", "utf8")}${added}`, { mode: 0o644 });
      await host.start({
        before: ["unshare", "--mount", "sh", "-c", `mount --bind ${groups} /etc/group && exec "$@"`, "sh"],
      });
      const [web, other] = [await pidOf("web", "sleep"), await pidOf("other", "sleep")];
      expect(statusOf(web, "Groups")?.split(" ")).toEqual(expect.arrayContaining(["55001", "55002"]));
      expect(statusOf(other, "Groups")?.split(" ")).toEqual(expect.arrayContaining(["55001", "55002"]));
      expect(statusOf(other, "Gid")).toMatch(/^1\s/);
    },
  );
});
