import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { AGENT } from "../stories/house/host.ts";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { environmentOf, namesOf, QUICK, reload } from "./reloading.ts";

/** How a reload is asked for: looked at first, by a signal, and by an agent that is killed in the middle of it. */

let host: Host;
afterEach(() => host.end());

describe("looking before it is applied", () => {
  it("--dry-run shows the plan and changes nothing: 0 where nothing would change, 1 where something would", async () => {
    host = new Host("  web: { command: sleep 47021, env: { SECRET: hush } }\n");
    await host.start();
    const pid = await host.pidOf("web");
    expect(await host.afloat("reload", "--dry-run")).toMatchObject({ code: 0, err: "" });
    host.configure("  web: { command: sleep 47021, env: { SECRET: hushhush } }\n");
    const { code, out } = await host.afloat("reload", "--dry-run", "--yes");
    expect({ code, out }).toEqual({ code: 1, out: "↻ restart   web  env (~SECRET)\n" });
    const whole = await host.afloat("reload", "--dry-run", "--json");
    expect(whole.code).toBe(1);
    expect(JSON.parse(whole.out)).toMatchObject({ applied: false, unchanged: 0, outcomes: [] });
    expect(whole.out).not.toContain("hush");
    expect(await host.pidOf("web")).toBe(pid);
  });

  it("without a terminal and without --yes it applies nothing, says so, and the exit code is 1", async () => {
    host = new Host("  web: sleep 47022\n");
    await host.start();
    const pid = await host.pidOf("web");
    host.configure("  web: { command: sleep 47022, env: { A: 1 } }\n");
    const { code, err } = await host.afloat("reload");
    expect(code).toBe(1);
    expect(err).toContain("nothing was changed: there is nobody to ask");
    expect(await host.pidOf("web")).toBe(pid);
  });

  it.each([
    ["y", 0, true],
    ["n", 1, false],
  ])("on a terminal it asks, and %s is taken", async (answer, code, applied) => {
    host = new Host("  web: sleep 47023\n");
    await host.start();
    const pid = await host.pidOf("web");
    host.configure("  web: { command: sleep 47023, env: { A: 1 } }\n");
    const script = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    const terminal = spawn("python3", ["-c", script, process.execPath, AGENT, "reload"], { cwd: host.dir });
    let text = "";
    terminal.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    const ended = new Promise((resolve) => terminal.once("exit", resolve));
    await until("the question", () => text.includes("Apply this? [y/N]"));
    terminal.stdin.write(`${answer}\n`);
    expect(await ended).toBe(code);
    expect(text.includes("nothing was changed")).toBe(!applied);
    expect((await host.pidOf("web")) !== pid).toBe(applied);
  });

  it("--json tells the plan and what became of it", async () => {
    host = new Host("  web: sleep 47024\n  old: sleep 47025\n");
    await host.start();
    await host.pidOf("old");
    host.configure("  web: { command: sleep 47024, env: { A: 1 } }\n");
    const { code, out } = await reload(host, "--json");
    const told: { services: unknown; applied: boolean; outcomes: { service: string; kind: string }[] } =
      JSON.parse(out);
    expect(code).toBe(0);
    const none = { added: [], changed: [], removed: [] };
    expect(told.services).toEqual([
      { kind: "stop", service: "old", settings: [], env: none },
      { kind: "restart", service: "web", settings: ["env"], env: { ...none, added: ["A"] } },
    ]);
    expect(told.applied).toBe(true);
    expect(told.outcomes.map(({ service, kind }) => `${service} ${kind}`)).toEqual(["old done", "web done"]);
  });

  it("--quiet prints nothing, and the exit code tells", async () => {
    host = new Host("  web: sleep 47034\n");
    await host.start();
    await host.pidOf("web");
    host.configure("  web: { command: sleep 47034, env: { A: 1 } }\n");
    expect(await host.afloat("reload", "--quiet", "--dry-run")).toEqual({ code: 1, out: "", err: "" });
    expect(await host.afloat("reload", "--quiet", "--yes")).toEqual({ code: 0, out: "", err: "" });
    expect(await host.afloat("reload", "--quiet", "--dry-run")).toEqual({ code: 0, out: "", err: "" });
  });

  it("status tells that the file is not what the agent goes by, and no more once it is", async () => {
    host = new Host("  web: sleep 47026\n");
    await host.start();
    await host.pidOf("web");
    const changed = async () => JSON.parse((await host.afloat("status", "--json")).out).configChanged;
    expect(await changed()).toBe(false);
    host.configure("  web: { command: sleep 47026, env: { A: 1 } }\n");
    expect((await host.afloat("status")).out).toContain(
      "afloat.yaml changed since the agent read it; to go by it: afloat reload",
    );
    expect(await changed()).toBe(true);
    // Saved once more with the same content: nothing changed.
    host.configure("  web: sleep 47026\n");
    expect(await changed()).toBe(false);
  });

  it("the file of another folder is not taken for the agent's", async () => {
    host = new Host("  web: sleep 47027\n");
    await host.start();
    const pid = await host.pidOf("web");
    writeFileSync(join(host.dir, "other.yaml"), "services:\n  other: sleep 47028\n");
    const { code, err } = await host.afloat("--config", "other.yaml", "--state", ".afloat", "reload", "--yes");
    expect(code).toBe(2);
    expect(err).toContain(`the agent goes by ${join(host.dir, "afloat.yaml")}`);
    expect(await host.pidOf("web")).toBe(pid);
  });
});

describe("SIGHUP", () => {
  it("makes the agent go by the file, in the background and in the foreground; a broken file is explained in its log", async () => {
    host = new Host("  web: sleep 47029\n");
    const agent = await host.start();
    await host.pidOf("web");
    host.configure("  web: { command: sleep 47029, env: { A: 1 } }\n  new: sleep 47030\n");
    agent.kill("SIGHUP");
    await host.pidOf("new");
    expect(environmentOf(await host.pidOf("web"))).toMatchObject({ A: "1" });
    await until("it to be told", () => /SIGHUP: . restart   web/.test(host.log()));
    host.configure("  web: { comand: sleep 47029 }\n");
    agent.kill("SIGHUP");
    await until("it to be explained", () => /SIGHUP: afloat.yaml:2.*did you mean `command`/.test(host.log()));
    await until("that nothing was changed", () => /SIGHUP: nothing was changed/.test(host.log()));
    expect(await namesOf(host)).toEqual(["web", "new"]);
    await host.afloat("down");
    host.configure("  web: sleep 47029\n");
    await host.afloat("up", "--daemon");
    const { pid } = (await host.status())?.agent ?? { pid: 0 };
    host.configure("  other: sleep 47031\n");
    process.kill(pid, "SIGHUP");
    await host.pidOf("other");
    await until("the old one to be gone", async () => (await namesOf(host))?.join() === "other");
    expect((await host.status())?.agent.pid).toBe(pid);
  });
});

describe("an agent that is killed in the middle of a reload", () => {
  it.each([0, 60, 120, 180, 240, 400, 700])(
    "kill -9 after %s ms: the next agent ends with the services of the new file, each once, none with old settings",
    async (afterMs) => {
      host = new Host(`  gone: { command: [sh, -c, "trap 'sleep 0.2; exit 0' TERM; while :; do sleep 0.05; done"] }
  web: { command: [sh, -c, "trap 'sleep 0.2; exit 0' TERM; while :; do sleep 0.05; done"], env: { OLD: a }, ${QUICK} }
  same: sleep 47032
`);
      const agent = await host.start();
      for (const name of ["gone", "web", "same"]) await host.pidOf(name);
      const same = await host.pidOf("same");
      host.configure(`  web: { command: [sh, -c, "trap 'sleep 0.2; exit 0' TERM; while :; do sleep 0.05; done"], env: { NEW: b }, ${QUICK} }
  same: sleep 47032
  new: sleep 47033
`);
      const running = host.afloat("reload", "--yes");
      await until("the reload to begin", () => host.log().includes("reload by"));
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await host.kill(agent);
      await running;
      await host.start();
      await host.pidOf("new");
      await until("the new settings", async () => environmentOf(await host.pidOf("web"))["NEW"] === "b");
      await until(
        "everything old to be gone",
        () =>
          host.processes().length === new Set(host.processes().map(({ service }) => service)).size &&
          host.processes().every(({ service }) => service !== "gone"),
      );
      expect(await namesOf(host)).toEqual(["web", "same", "new"]);
      expect(await host.pidOf("same")).toBe(same);
      expect(environmentOf(await host.pidOf("web"))).not.toHaveProperty("OLD");
    },
  );
});
