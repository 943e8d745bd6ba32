import { afterEach, expect, it } from "vitest";
import { Host, type Ran } from "./host.ts";

/** One command whose subcommands read like speech, for people and for scripts. */

let host: Host;
afterEach(() => host.end());

/** The commands that the help names. */
async function commands(): Promise<string[]> {
  const { out } = await host.afloat("--help");
  const [, listed = ""] = /\nCommands:\n([\s\S]*?)\n\n/.exec(out) ?? [];
  return [...listed.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name ?? "");
}

it("every command's help has an example of it", async () => {
  host = new Host("  web: sleep 47200\n");
  const names = (await commands()).filter((name) => name !== "help");
  expect(names).toContain("events");
  for (const name of names) {
    const { out } = await host.afloat(name, "--help");
    expect(out, name).toMatch(new RegExp(`Examples?.*:\n(?:.*\n)*  .*afloat ${name}`));
  }
});

it("a mistyped command, option or service is answered with what was most likely meant, and exit code 2", async () => {
  host = new Host("  web: sleep 47201\n");
  await host.start();
  const err = async (...args: string[]) => {
    const ran = await host.afloat(...args);
    expect(ran.code, args.join(" ")).toBe(2);
    return ran.err;
  };
  expect(await err("statsu")).toContain("Did you mean status?");
  expect(await err("status", "--wacth")).toContain("Did you mean --watch?");
  for (const command of ["status", "explain", "restart", "logs", "reset", "describe", "env", "check", "events"])
    expect(await err(command, "wbe"), command).toContain("Did you mean web?");
});

it("outcomes are told as JSON, and --quiet leaves only what went wrong", async () => {
  host = new Host("  web: sleep 47202\n  off: sleep 47203\n");
  const up = await host.afloat("up", "--daemon", "--json");
  expect(JSON.parse(up.out).services).toHaveLength(2);
  expect(await host.afloat("stop", "off", "--quiet")).toEqual({ code: 0, out: "", err: "" });
  const restarted = await host.afloat("restart", "all", "--json");
  expect(restarted.code).toBe(1);
  expect(JSON.parse(restarted.out).outcomes).toMatchObject([
    { service: "web", kind: "done", pid: (await host.service("web"))?.pid },
    { service: "off", kind: "refused", pid: null },
  ]);
  const quiet = await host.afloat("restart", "all", "-q");
  expect([quiet.code, quiet.out]).toEqual([1, ""]);
  expect(quiet.err).toMatch(/^off: refused: paused by .*; resume it\n$/);
  expect(JSON.parse((await host.afloat("reset", "web", "--json")).out)).toEqual({ services: ["web"] });
  expect(await host.afloat("check", "web", "-q")).toEqual({ code: 0, out: "", err: "" });
  const down = await host.afloat("down", "--json");
  expect(JSON.parse(down.out)).toEqual({ ended: true, lines: ["web stopped", "the agent ended"] });
});

it("status as most write it does without the parser of the command line, and says the same", async () => {
  host = new Host("  web: sleep 47204\n  other: sleep 47205\n");
  await host.start();
  await host.pidOf("web");
  await host.pidOf("other");
  await host.afloat("stop", "other");
  // Times and measures go on in between.
  const still = ({ code, out, err }: Ran) => {
    const words = out.replaceAll(/–|null|\d[\d.]*( (s|ms|min|%|KB|MB))*/g, "…").replaceAll(/ +/g, " ");
    return { code, err, out: out.startsWith("{") ? Object.keys(JSON.parse(out)) : words };
  };
  for (const words of [[], ["web"], ["w*", "other"], ["--json"], ["nobody"], ["nobody", "--json"]]) {
    const quick = await host.afloat("status", ...words);
    expect(still(quick)).toEqual(still(await host.afloat("--config", "afloat.yaml", "status", ...words)));
    expect(quick.code).toBe(words.includes("nobody") ? 2 : 0);
  }
  await host.afloat("down");
  expect(await host.afloat("status")).toEqual(await host.afloat("--config", "afloat.yaml", "status"));
});
