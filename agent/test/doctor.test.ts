import { describe, expect, it } from "vitest";
import { type AgentFacts, judgeAgent } from "../src/doctor/core/agent.ts";
import { judgeClock } from "../src/doctor/core/clock.ts";
import { type DiskFacts, judgeDisk, judgeLogs } from "../src/doctor/core/disk.ts";
import { type FilesFacts, judgeFiles } from "../src/doctor/core/files.ts";
import { type Finding, quoted } from "../src/doctor/core/finding.ts";
import { type HostFacts, judgeHost } from "../src/doctor/core/host.ts";
import { judgeLimits, type LimitsFacts } from "../src/doctor/core/limits.ts";

/** How `afloat doctor` judges what it has found. */

/** The finding that is not ok, in a line; all of them are well where it is the word `well`. */
function told(findings: readonly Finding[]): string {
  const bad = findings.filter(({ level }) => level !== "ok");
  for (const { what, why } of bad)
    expect([what, why ?? ""].every((each) => each.length > 0 && !/undefined|NaN|null/.test(each))).toBe(true);
  return bad.length === 0
    ? "well"
    : bad.map(({ level, what, mend }) => `${level}: ${what} → ${mend ?? "nothing"}`).join("\n");
}

const LINK = { kind: "none", why: "no cloud is configured", unsent: 0, lastRecordedMs: null } as const;
const RUNNING = { pid: 7, version: "1.0.0", startedMs: 1000, link: LINK };
const AGENT: AgentFacts = {
  version: "1.0.0",
  node: "v24.1.0",
  platform: "linux",
  kernel: "6.1",
  agent: RUNNING,
  holderPid: 7,
  fault: null,
  configMs: 500,
  mistakes: [],
};

describe("the agent", () => {
  it.each<[string, Partial<AgentFacts>, RegExp]>([
    ["all is as it should be", {}, /^well$/],
    [
      "of another version",
      { agent: { ...RUNNING, version: "0.9.0" } },
      /^warning: the agent is afloat 0\.9\.0, this command 1\.0\.0 → kill 7 && afloat up/,
    ],
    ["an old Node", { node: "v18.20.0" }, /^problem: Node v18\.20\.0 is too old/],
    ["the oldest Node that will do", { node: "v20.0.0" }, /^well$/],
    ["another system", { platform: "darwin" }, /^note: this is darwin → nothing/],
    ["none runs", { agent: null, holderPid: null }, /^warning: no agent runs here → afloat up --daemon/],
    [
      "it hangs",
      { agent: null, fault: "the agent does not answer; it seems to hang" },
      /^problem: the agent does not answer.* → kill 7/,
    ],
    ["its socket is gone", { agent: null }, /^problem: the agent \(pid 7\) cannot be reached → kill 7/],
    ["no configuration", { configMs: null }, /^problem: there is no configuration → afloat init/],
    ["one mistake", { mistakes: ["afloat.yaml:1:1: x"] }, /^problem: the configuration has a mistake/],
    ["some mistakes", { mistakes: ["a", "b", "c"] }, /^problem: the configuration has 3 mistakes/],
    [
      "the file is newer than the agent",
      { configMs: 1001 },
      /^note: the configuration was written after .* → afloat reload/,
    ],
    ["the file is as old as the agent", { configMs: 1000 }, /^well$/],
  ])("%s", (_what, change, expected) => expect(told(judgeAgent({ ...AGENT, ...change }))).toMatch(expected));

  const cloud = { cloud: "https://c.example", unsent: 3, lastRecordedMs: null };
  const connecting = { ...cloud, kind: "connecting", lastError: "ENOTFOUND", nextTryMs: null } as const;
  it.each([
    [{ ...cloud, kind: "connected", via: "socket", sinceMs: 1 } as const, /^well$/],
    [{ ...cloud, kind: "connected", via: "http", sinceMs: 1 } as const, /^note: connected to .* by HTTP/],
    [
      { ...cloud, kind: "refused", why: "its credential was withdrawn" } as const,
      /^problem: .* refuses this host: its credential .* → afloat enroll --again/,
    ],
    [{ ...connecting, attempt: 3 }, /^warning: not connected to .*: ENOTFOUND → afloat link/],
    [{ ...connecting, attempt: 4 }, /^problem: not connected/],
  ])("its link: %j", (link, expected) =>
    expect(told(judgeAgent({ ...AGENT, agent: { ...RUNNING, link } }))).toMatch(expected),
  );

  const journal = { bytes: 1, limitBytes: 2, fault: null, inMemory: 0, lost: 0 };
  const failing = (text: string) => ({ ...journal, fault: { text, sinceMs: 43_200_000 }, inMemory: 14 });
  it.each([
    [journal, /^well$/],
    [{ ...journal, lost: 3 }, /^warning: 3 events were dropped before the cloud had them → afloat events/],
    [failing("ENOSPC: no space left"), /^problem: the journal cannot be written since 12:00 UTC: ENOSPC.* → make room/],
    [failing("EROFS: read-only"), /^problem: the journal cannot be written .* → mount -o remount,rw/],
  ])("its journal: %j", (status, expected) =>
    expect(told(judgeAgent({ ...AGENT, agent: { ...RUNNING, journal: status, askedMs: 43_300_000 } }))).toMatch(
      expected,
    ),
  );
});

describe("files", () => {
  const file = (path: string, mode: number, uid = 1000) => ({ path, mode, uid });
  const FILES: FilesFacts = {
    uid: 1000,
    state: file("/s", 0o700),
    socket: file("/s/control.sock", 0o600),
    credential: null,
    configuration: file("/c/afloat.yaml", 0o644),
    folder: file("/c", 0o755),
    secrets: [],
    secretFiles: [],
  };
  it.each<[string, Partial<FilesFacts>, RegExp]>([
    ["nobody else gets in", {}, /^well$/],
    [
      "the state folder can be read",
      { state: file("/my s", 0o750) },
      /^problem: the state folder \/my s can be read by others \(mode 750\) → chmod 700 '\/my s'$/,
    ],
    [
      "the socket can be written",
      { socket: file("/s/c", 0o666) },
      /^problem: the control socket \/s\/c can be written by others .* → chmod 600/,
    ],
    [
      "the credential can be read",
      { credential: file("/s/credential.json", 0o640) },
      /^problem: the credential .* → chmod 600/,
    ],
    [
      "the configuration can be written by a group",
      { configuration: file("/c/a", 0o664) },
      /^warning: the configuration .* → chmod go-w \/c\/a$/,
    ],
    ["its folder can be written", { folder: file("/c", 0o777) }, /^warning: the folder of the configuration/],
    ["its folder is like /tmp", { folder: file("/tmp", 0o1777) }, /^well$/],
    [
      "a secret that all can read",
      { secrets: ["web.env.API_KEY"] },
      /^warning: the configuration holds web\.env\.API_KEY/,
    ],
    [
      "a secret that only the owner can read",
      { secrets: ["web.env.API_KEY"], configuration: file("/c/a", 0o600) },
      /^well$/,
    ],
    [
      "the state folder is somebody else's",
      { state: file("/s", 0o700, 33) },
      /^problem: the state folder \/s belongs to user 33/,
    ],
    ["the same for root", { state: file("/s", 0o700, 33), uid: 0 }, /^well$/],
  ])("%s", (_what, change, expected) => expect(told(judgeFiles({ ...FILES, ...change }))).toMatch(expected));
});

describe("disk and logs", () => {
  const GB = 1024 ** 3;
  const space = { freeBytes: 50 * GB, totalBytes: 100 * GB, freeInodes: 500, totalInodes: 1000 };
  const DISK: DiskFacts = { dir: "/s", type: "ext4", space };
  it.each<[string, Partial<DiskFacts>, RegExp]>([
    ["room enough", {}, /^well$/],
    ["less than a twentieth", { space: { ...space, freeBytes: 4.9 * GB } }, /^warning: 4\.9 GB free of 100 GB/],
    ["less than a hundredth", { space: { ...space, freeBytes: 0.9 * GB } }, /^problem: /],
    [
      "a small disk with little room",
      { space: { ...space, freeBytes: 99 * 1024 ** 2, totalBytes: GB } },
      /^problem: 99 MB free/,
    ],
    ["no inodes", { space: { ...space, freeInodes: 19 } }, /^problem: 19 of 1000 inodes/],
    ["inodes that are not counted", { space: { ...space, freeInodes: 0, totalInodes: 0 } }, /^well$/],
    ["a remote disk", { type: "nfs4" }, /^warning: the state folder \/s is on nfs4/],
    ["one that forgets", { type: "tmpfs" }, /^warning: the state folder \/s is in memory/],
    [
      "one that gives no answer",
      { type: "nfs", space: null },
      /^problem: the disk of \/s gave no answer in time \(nfs\)/,
    ],
  ])("%s", (_what, change, expected) => expect(told(judgeDisk({ ...DISK, ...change }))).toMatch(expected));

  it.each([
    [[], /^well$/],
    [[{ service: "web", bytes: GB, limitBytes: GB }], /^well$/],
    [[{ service: "web", bytes: 2 * GB, limitBytes: GB }], /^warning: the logs of web take 2 GB, its limits allow 1 GB/],
    [[{ service: "gone", bytes: 2 * GB, limitBytes: null }], /^well$/],
    [[{ service: "web", bytes: 30 * GB, limitBytes: null }], /^warning: logs take 30 GB, more than a quarter/],
  ])("logs: %j", (logs, expected) => expect(told(judgeLogs({ logs }, space))).toMatch(expected));
});

describe("limits", () => {
  const LIMITS: LimitsFacts = {
    services: 10,
    descriptors: { limit: 120, open: 50 },
    pids: null,
    watches: { services: 0, max: 8192 },
  };
  it.each<[string, Partial<LimitsFacts>, RegExp]>([
    ["just enough descriptors", {}, /^well$/],
    [
      "one less",
      { descriptors: { limit: 119, open: 50 } },
      /^problem: the agent may open 119 files, and 10 services may need 120 → write LimitNOFILE=240/,
    ],
    [
      "nearly all open",
      { descriptors: { limit: 1000, open: 801 } },
      /^problem: the agent has 801 of 1000 descriptors open/,
    ],
    ["few processes left", { pids: { max: 100, current: 61 } }, /^warning: 61 of the 100 processes/],
    ["enough processes left", { pids: { max: 100, current: 60 } }, /^well$/],
    ["few watches, and somebody to need them", { watches: { services: 1, max: 8192 } }, /^note: 8192 folders/],
    ["watches enough", { watches: { services: 1, max: 65_536 } }, /^well$/],
  ])("%s", (_what, change, expected) => expect(told(judgeLimits({ ...LIMITS, ...change }))).toMatch(expected));
});

describe("the host", () => {
  const HOST: HostFacts = {
    missing: [],
    isRoot: true,
    user: "anna",
    changeUser: [],
    isFirst: false,
    hasSystemd: true,
    unit: { name: "afloat.service", isOwn: true, enabled: "enabled" },
    lingers: null,
    agentRuns: true,
    others: [],
    strays: [],
    configFile: "/c/afloat.yaml",
  };
  const tool = { tool: "setpriv", from: "util-linux", needs: "it is needed" };
  it.each<[string, Partial<HostFacts>, RegExp]>([
    ["all is well", {}, /^well$/],
    [
      "a tool that is needed",
      { missing: [{ ...tool, isNeeded: true }] },
      /^problem: setpriv is not on this host → install util-linux/,
    ],
    ["a tool that could be", { missing: [{ ...tool, isNeeded: false }] }, /^note: setpriv/],
    [
      "a user without root",
      { isRoot: false, changeUser: ["web"], lingers: true },
      /^problem: web has user or group, and the agent runs as anna/,
    ],
    [
      "not enabled",
      { unit: { name: "afloat.service", isOwn: true, enabled: "disabled" } },
      /^warning: its unit afloat\.service is disabled → systemctl enable afloat\.service/,
    ],
    ["not started by a unit", { unit: null }, /^note: the agent was not started by a service/],
    [
      "a session's own unit",
      { unit: { name: "user@0.service", isOwn: false, enabled: "static" } },
      /^note: the agent was not/,
    ],
    [
      "does not linger",
      { isRoot: false, lingers: false },
      /^problem: anna does not linger → loginctl enable-linger anna/,
    ],
    ["a container", { isFirst: true, unit: null }, /^well$/],
    ["no systemd", { hasSystemd: false, unit: null }, /^well$/],
    [
      "a second agent",
      { others: [{ pid: 9, stateDir: "/x" }] },
      /^problem: another agent \(pid 9\) .* → afloat --config \/c\/afloat\.yaml --state \/x down/,
    ],
    [
      "strays of a removed service",
      { strays: [{ pid: 4, service: "old" }] },
      /^warning: old runs on with nobody .* → kill 4/,
    ],
    [
      "strays without an agent",
      {
        agentRuns: false,
        strays: [
          { pid: 4, service: "a" },
          { pid: 5, service: "a" },
        ],
      },
      /^warning: a run on with nobody .*pid 4, 5\) → afloat up/,
    ],
  ])("%s", (_what, change, expected) => expect(told(judgeHost({ ...HOST, ...change }))).toMatch(expected));
});

it.each([
  [null, [], /^well$/],
  [{ byMs: 5050, tookMs: 100 }, [], /^well$/],
  [{ byMs: 6000, tookMs: 100 }, [], /^warning: the clock is 6(\.0)? s ahead of the cloud's → timedatectl/],
  [{ byMs: -61_000, tookMs: 100 }, [], /^problem: the clock is .* behind the cloud's/],
  [null, ["x: the clock was set"], /^note: the clock has jumped lately/],
])("the clock: %j, jumps %j", (ahead, jumps, expected) => expect(told(judgeClock({ ahead, jumps }))).toMatch(expected));

it("a path with blanks or quotes is given to a shell as one word", () => {
  expect([quoted("/a/b"), quoted("/a b"), quoted("it's")]).toEqual(["/a/b", "'/a b'", `'it'\\''s'`]);
});
