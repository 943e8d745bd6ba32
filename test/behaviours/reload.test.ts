import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../demo/ports.ts";
import { Actor } from "./actor.ts";
import { Host } from "./host.ts";
import { isAlive, processesCalled } from "./processes.ts";
import { environmentOf, journalOf, namesOf, QUICK, reload } from "./reloading.ts";

/** A configuration that changes under an agent that runs: behaviours 57 and 58. */

let host: Host;
afterEach(() => host.end());

const PACE = "health: { interval: 200ms, timeout: 400ms, start_period: 400ms }";

describe("afloat reload", () => {
  it("nothing changed, or only comments, order and lines: it says so, and touches nobody", async () => {
    host = new Host("  web: sleep 47001\n  api: { command: sleep 47002, env: { A: 1, B: 2 } }\n");
    await host.start();
    const pids = [await host.pidOf("web"), await host.pidOf("api")];
    const told = journalOf(host).length;
    host.configure("  # another order\n  api: { env: { B: 2, A: 1 }, command: sleep 47002 }\n  web: sleep 47001\n");
    const { code, out } = await reload(host);
    expect({ code, out }).toEqual({ code: 0, out: "nothing changes: the agent goes by afloat.yaml already\n" });
    expect([await host.pidOf("web"), await host.pidOf("api")]).toEqual(pids);
    expect(await namesOf(host)).toEqual(["api", "web"]);
    expect(journalOf(host).slice(told)).toEqual([]);
    expect((await host.afloat("status")).out).not.toContain("changed since");
  });

  it("starts what is new, stops what is gone, and who did not change keeps its process", async () => {
    host = new Host("  old: sleep 47003\n  web: sleep 47004\n");
    await host.start();
    const [old, web] = [await host.pidOf("old"), await host.pidOf("web")];
    host.configure("  web: sleep 47004\n  new: { command: sleep 47005, depends_on: [web] }\n");
    const { code, out } = await reload(host);
    expect(code).toBe(0);
    expect(out).toContain("- stop      old  not in the file any more\n+ start     new\n\n1 service stays as it is\n");
    expect(out).toMatch(/old: stopped and removed\nnew: running as pid \d+, healthy\n$/);
    expect(isAlive(old)).toBe(false);
    expect(await host.pidOf("web")).toBe(web);
    expect(await namesOf(host)).toEqual(["web", "new"]);
    expect(journalOf(host)).toContainEqual(expect.objectContaining({ kind: "removed", service: "old" }));
    // Forgotten for good: what is added anew begins anew.
    host.configure("  old: sleep 47003\n  web: sleep 47004\n");
    expect((await reload(host)).code).toBe(0);
    expect(await host.service("old")).toMatchObject({ state: "up", restarts: 0 });
  });

  it("what takes the port of one that is gone starts after that has gone", async () => {
    host = new Host("");
    const port = await freePort(39_300);
    const [before, after] = [new Actor(host, "before", port), new Actor(host, "after", port)];
    host.configure(before.entry(`port: ${port}, ${PACE}`));
    await host.start();
    await host.see("before", ({ verdict }) => verdict === "healthy", "healthy");
    host.configure(after.entry(`port: ${port}, ${PACE}`));
    expect((await reload(host)).code).toBe(0);
    expect(await host.service("after")).toMatchObject({ verdict: "healthy", restarts: 0 });
  });

  it("a changed environment is what the next process has: added, changed, and what was removed is gone", async () => {
    host = new Host("  web: { command: sleep 47006, env: { KEPT: a, OTHER: b, OLD: c } }\n");
    await host.start();
    const before = await host.pidOf("web");
    host.configure("  web: { command: sleep 47006, env: { KEPT: a, OTHER: z, NEW: d } }\n");
    const { out } = await reload(host);
    expect(out).toContain("↻ restart   web  env (+NEW ~OTHER -OLD)");
    const pid = await host.pidOf("web");
    expect(pid).not.toBe(before);
    expect(processesCalled("sleep 47006")).toEqual([pid]);
    const environment = environmentOf(pid);
    expect(environment).toMatchObject({ KEPT: "a", OTHER: "z", NEW: "d" });
    expect(environment).not.toHaveProperty("OLD");
    expect(await host.service("web")).toMatchObject({ restarts: 1, loop: null });
    host.configure("  web: sleep 47006\n");
    expect((await reload(host)).out).toContain("env (-KEPT -OTHER -NEW)");
    expect(environmentOf(await host.pidOf("web"))).not.toHaveProperty("KEPT");
  });

  it("another endpoint is called at once by the same process, and has to prove itself anew", async () => {
    host = new Host("");
    const port = await freePort(39_310);
    const web = new Actor(host, "web", port);
    const health = (path: string, restartOn: string) =>
      `port: ${port}, health: { http: "${path}", interval: 200ms, timeout: 400ms, start_period: 400ms, restart_on: ${restartOn}, failure_threshold: 1 }`;
    host.configure(web.entry(health("/health", "closed")));
    await host.start();
    const proven = await host.see("web", ({ endpoint }) => endpoint?.proven === true, "proven");
    web.mood("404");
    host.configure(web.entry(health("/other", "failing")));
    expect((await reload(host)).out).toContain("~ in place  web  health");
    const after = await host.see("web", ({ reasonCode }) => reasonCode === "unproven-endpoint", "unproven");
    expect(after).toMatchObject({ pid: proven.pid, restarts: proven.restarts, endpoint: { what: "GET /other" } });
  });

  it("another port is looked at in place: where nobody listens it is degraded, and nobody is restarted for it", async () => {
    host = new Host("");
    const port = await freePort(39_320);
    const web = new Actor(host, "web", port);
    host.configure(web.entry(`port: ${port}, ${PACE}`));
    await host.start();
    const { pid } = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
    host.configure(web.entry(`port: ${port + 1}, ${PACE}`));
    expect((await reload(host)).out).toContain("~ in place  web  port");
    await host.see("web", ({ reasonCode }) => reasonCode === "unproven-port", "unproven");
    host.configure(web.entry(`port: ${port}, ${PACE}`));
    await reload(host);
    expect(await host.see("web", ({ verdict }) => verdict === "healthy", "healthy")).toMatchObject({
      pid,
      restarts: 0,
    });
  });

  it("a changed dependency: who runs runs on, who waits for what is no more needed starts", async () => {
    host = new Host(`  db: { command: sleep 1, cwd: ./nowhere, ${QUICK} }
  web: { command: sleep 47007, depends_on: { db: healthy } }
  api: sleep 47008
`);
    await host.start();
    await host.see("web", ({ verdict }) => verdict === "waiting", "waiting");
    const api = await host.pidOf("api");
    host.configure(`  db: { command: sleep 1, cwd: ./nowhere, ${QUICK} }
  web: sleep 47007
  api: { command: sleep 47008, depends_on: { db: healthy } }
`);
    expect((await reload(host)).out).toContain("~ in place  api  depends_on");
    await host.pidOf("web");
    expect(await host.pidOf("api")).toBe(api);
    process.kill(api, "SIGKILL");
    const waiting = await host.see("api", ({ verdict }) => verdict === "waiting", "waiting");
    expect(waiting.reason).toMatch(/^waits for db/);
  });

  it("a stop plan, a pace and a log change in place; a process ends by the plan it was started with", async () => {
    host = new Host(
      `  web: { command: [sh, -c, "trap 'echo by-usr1; exit 0' USR1; trap '' TERM; while :; do sleep 0.05; done"], stop: { signal: SIGUSR1, timeout: 20s } }\n`,
    );
    await host.start();
    const pid = await host.pidOf("web");
    host.configure("  web: { command: sleep 47009, stop: { signal: SIGTERM, timeout: 20s } }\n");
    expect((await reload(host)).code).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(host.output("web")).toContain("by-usr1\n");
    host.configure(
      "  web: { command: sleep 47009, stop: { signal: SIGINT }, log: { keep: 1 }, loop: [{ restarts: 2, within: 1m }] }\n",
    );
    const second = await host.pidOf("web");
    expect((await reload(host)).out).toContain("~ in place  web  stop, log, loop");
    expect(await host.pidOf("web")).toBe(second);
  });

  it("a paused service stays paused, and is resumed with its new settings", async () => {
    host = new Host("  web: { command: sleep 47010, env: { OLD: a } }\n");
    await host.start();
    await host.pidOf("web");
    await host.afloat("pause", "web");
    host.configure("  web: { command: sleep 47010, env: { NEW: b } }\n");
    const { code, out } = await reload(host);
    expect(code).toBe(0);
    expect(out).toMatch(/web: paused by \S+ at .*; it stays so/);
    expect(await host.service("web")).toMatchObject({ state: "paused", desired: "pause", restarts: 0 });
    await host.afloat("resume", "web");
    const environment = environmentOf(await host.pidOf("web"));
    expect(environment).toMatchObject({ NEW: "b" });
    expect(environment).not.toHaveProperty("OLD");
  });

  it("what waits in backoff, in a loop, is tried at once with its new command; the loop is over when that stays up", async () => {
    host = new Host(
      `  web: { command: [sh, -c, "exit 3"], backoff: { min: 50ms, max: 50ms, stable_after: 500ms }, loop: [{ restarts: 3, within: 1m }] }\n`,
    );
    await host.start();
    await host.see("web", ({ loop }) => loop !== null, "in a loop");
    host.configure(
      `  web: { command: [sh, -c, "exit 3"], backoff: { min: 1h, max: 2h, stable_after: 500ms }, loop: [{ restarts: 3, within: 1m }] }\n`,
    );
    await reload(host);
    await host.see(
      "web",
      ({ nextTryMs }) => nextTryMs !== null && nextTryMs > Date.now() + 600_000,
      "waiting for an hour",
    );
    host.configure(
      "  web: { command: sleep 47011, backoff: { min: 1h, max: 2h, stable_after: 500ms }, loop: [{ restarts: 3, within: 1m }] }\n",
    );
    const { code } = await reload(host);
    expect(code).toBe(0);
    await host.pidOf("web");
    await host.see("web", ({ loop }) => loop === null, "out of the loop");
    expect(host.log().match(/: the restart loop is over/g)).toHaveLength(1);
  });

  it("one service that does not come up is told, with exit code 1, and keeps no other from being applied", async () => {
    host = new Host("  web: sleep 47012\n");
    await host.start();
    await host.pidOf("web");
    host.configure(
      `  broken: { command: ./not-there, ${QUICK} }\n  web: { command: sleep 47012, env: { A: 1 } }\n  other: sleep 47013\n`,
    );
    const { code, out } = await reload(host);
    expect(code).toBe(1);
    expect(out).toMatch(/^broken: failed: /m);
    expect(environmentOf(await host.pidOf("web"))).toMatchObject({ A: "1" });
    await host.pidOf("other");
  });

  it("one that ends right after its start and is up again at once did not come up", async () => {
    host = new Host("  web: sleep 47016\n");
    await host.start();
    const once = `[sh, -c, "test -e once || { touch once; exit 3; }; exec sleep 47017"]`;
    host.configure(`  twice: { command: ${once}, backoff: { min: 1ms, max: 2ms } }\n  web: sleep 47016\n`);
    const { code, out } = await reload(host);
    expect(code).toBe(1);
    expect(out).toMatch(/^twice: failed: .*code 3/m);
    await host.pidOf("twice");
  });

  it("a broken file changes nothing: every mistake is told with its line, and the exit code is 2", async () => {
    host = new Host("  web: sleep 47014\n");
    await host.start();
    const pid = await host.pidOf("web");
    const told = journalOf(host).length;
    host.configure("  web: { command: sleep 47014, prot: 1 }\n  api: { port: 70000 }\n  other: sleep 47015\n");
    const { code, out, err } = await host.afloat("reload", "--yes");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("afloat.yaml:2");
    expect(err).toContain("did you mean `port`?");
    expect(err).toContain("afloat.yaml:3");
    expect(err).toContain("nothing was changed");
    expect(await host.pidOf("web")).toBe(pid);
    expect(await namesOf(host)).toEqual(["web"]);
    expect(journalOf(host).slice(told)).toEqual([]);
  });

  it("a service that is being stopped when it changes is there once afterwards, with the new settings", async () => {
    host = new Host(
      `  web: { command: [sh, -c, "trap 'sleep 1; exit 0' TERM; while :; do sleep 0.05; done"], stop: { timeout: 20s } }\n`,
    );
    await host.start();
    await host.pidOf("web");
    const restart = host.afloat("restart", "web");
    await host.see("web", ({ state }) => state === "stopping", "stopping");
    host.configure("  web: { command: sleep 47016, env: { A: 1 } }\n");
    expect((await reload(host)).code).toBe(0);
    await restart;
    const pid = await host.pidOf("web");
    expect(environmentOf(pid)).toMatchObject({ A: "1" });
    expect(host.processes().map((each) => each.pid)).toEqual([pid]);
  });

  it("two at once are applied one after the other, and end as the file", async () => {
    host = new Host("  web: sleep 47017\n");
    await host.start();
    await host.pidOf("web");
    host.configure("  web: { command: sleep 47017, env: { A: 1 } }\n  new: sleep 47018\n");
    const both = await Promise.all([host.afloat("reload", "--yes"), host.afloat("reload", "--yes")]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect((await reload(host)).out).toContain("nothing changes");
    expect(processesCalled("sleep 47017")).toHaveLength(1);
    expect(processesCalled("sleep 47018")).toHaveLength(1);
    expect(await host.service("web")).toMatchObject({ restarts: 1 });
  });

  it("whoever waits for a service that is removed meanwhile is told so at once", async () => {
    host = new Host("  db: { command: sleep 1, cwd: ./nowhere, backoff: { min: 1h, max: 2h } }\n");
    await host.start();
    await host.see("db", ({ state }) => state === "backoff", "in backoff");
    const port = await freePort(39_330);
    host.configure(`  web: { command: sleep 47035, port: ${port} }\n`);
    const first = host.afloat("reload", "--yes");
    await host.pidOf("web");
    host.configure("  other: sleep 47036\n");
    expect((await reload(host)).code).toBe(0);
    expect(await first).toMatchObject({
      code: 1,
      out: expect.stringContaining("web: failed: it was removed meanwhile"),
    });
  });

  it("is refused while the agent stops everything", async () => {
    host = new Host(
      `  web: { command: [sh, -c, "trap '' TERM; while :; do sleep 0.05; done"], stop: { timeout: 3s } }\n`,
    );
    await host.start();
    await host.pidOf("web");
    host.configure("  web: sleep 47019\n  new: sleep 47020\n");
    const down = host.afloat("down");
    await host.see("web", ({ state }) => state === "stopping", "stopping");
    const { code, err } = await host.afloat("reload", "--yes");
    expect({ code, err }).toEqual({ code: 1, err: "the agent is shutting down; its next start reads the file\n" });
    expect((await down).code).toBe(0);
    expect(processesCalled("sleep 47020")).toEqual([]);
  });
});
