import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CloudDouble } from "./cloud-double.ts";
import { Host, until } from "./host.ts";

/** Where this machine lets us mount a disk of our own. */
const canMount = (() => {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

let host: Host;
let cloud: CloudDouble;
let disk: string;

beforeEach(async () => {
  cloud = await CloudDouble.open();
  host = new Host("services:\n  web: { command: sleep 1000, backoff: { min: 50ms, max: 200ms } }\n");
  if (!canMount) return;
  // Of the journal's own: what services hold open would keep the system from making it read-only.
  disk = join(host.stateDir, "journal");
  mkdirSync(disk, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", disk]);
});

afterEach(async () => {
  await host.run("down");
  if (canMount) execFileSync("umount", ["--lazy", disk]);
  await host.end();
  await cloud.close();
});

const journal = async () => (await host.status())?.journal;

it.runIf(canMount)(
  "on a disk that turns read-only the agent goes on, tells the cloud, says so, and has all of it on disk when it can write again",
  async () => {
    cloud.enrol(host);
    await host.start();
    const before = await host.see("web", ({ state }) => state === "up", "up");
    await until(async () => (await host.status())?.link.unsent === 0, "everything is told");
    execFileSync("mount", ["-o", "remount,ro", disk]);

    process.kill(before.pid ?? 0, "SIGKILL");
    const after = await host.see("web", ({ state, pid }) => state === "up" && pid !== before.pid, "up again");
    await until(async () => (await journal())?.fault?.text.includes("EROFS") === true, "the journal's fault is shown");
    expect((await journal())?.inMemory).toBeGreaterThan(2);
    expect((await host.run("status")).out).toContain("the journal cannot be written since");
    expect((await host.run("doctor")).out).toContain("mount -o remount,rw");
    await until(
      () => cloud.events().some((event) => event.kind === "flip" && event.snapshot.pid === after.pid),
      "the cloud knows the new process",
    );

    execFileSync("mount", ["-o", "remount,rw", disk]);
    // Nothing happens: it tries again by itself.
    await until(async () => (await journal())?.fault === null, "the journal can be written again");
    expect(await journal()).toMatchObject({ inMemory: 0, lost: 0 });
    const events = (await host.run("events", "web", "--lines", "all", "--json")).out.trim().split("\n");
    const kinds = events.map((line) => (JSON.parse(line) as { event: { kind: string } }).event.kind);
    expect(kinds).toEqual(expect.arrayContaining(["exited", "restart"]));
  },
);
