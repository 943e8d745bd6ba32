import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { AGENT } from "../stories/house/host.ts";
import { Host } from "./host.ts";

/** What a shell completes, in the shell itself, and the manual page: both made from the description of the commands. */

let host: Host;
afterEach(() => host.end());

const isThere = (program: string) => spawnSync(program, ["--version"]).error === undefined;

/** The environment of a shell that finds this `afloat`, and nothing of ours. */
function shellEnv(): NodeJS.ProcessEnv {
  const bin = join(host.dir, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(AGENT, join(bin, "afloat"));
  return { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}` };
}

/** What bash itself offers behind these words. */
function offers(env: NodeJS.ProcessEnv, ...words: string[]): string[] {
  const script = `source <(afloat completion bash) || exit 1
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _afloat; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = spawnSync("bash", ["--norc", "-c", script, "bash", ...words], { cwd: host.dir, env, encoding: "utf8" });
  // Only a real Tab has options to set.
  expect(ran.stderr.replaceAll(/^.*compopt: not currently executing completion function\n/gm, "")).toBe("");
  return ran.stdout.split("\n").filter((line) => line !== "");
}

it.skipIf(!isThere("bash"))(
  "bash completes commands, options, values, topics, and the services of the folder",
  async () => {
    host = new Host("  web: sleep 47300\n  worker: sleep 47301\n  api: sleep 47302\n");
    const env = shellEnv();
    expect(offers(env, "afloat", "sta")).toEqual(["status", "start"]);
    expect(offers(env, "afloat", "")).toContain("events");
    expect(offers(env, "afloat", "--st")).toEqual(["--state"]);
    expect(offers(env, "afloat", "status", "--w")).toEqual(["--watch"]);
    expect(offers(env, "afloat", "status", "w")).toEqual(["web", "worker"]);
    expect(offers(env, "afloat", "restart", "web", "a")).toEqual(["api", "all"]);
    expect(offers(env, "afloat", "up", "--on-term", "")).toEqual(["leave", "stop"]);
    expect(offers(env, "afloat", "runbook", "wrong-pa")).toEqual(["wrong-path"]);
    expect(offers(env, "afloat", "completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(offers(env, "afloat", "exec", "web", "--", "bas")).toContain("bash");
    // Another folder's, by the option that is already on the line; and of the running agent, whatever became of the file.
    writeFileSync(join(host.dir, "other.yaml"), "services:\n  mailer: sleep 1\n");
    const elsewhere = ["--state", join(host.dir, "none"), "--config", "other.yaml"];
    expect(offers(env, "afloat", ...elsewhere, "stop", "m")).toEqual(["mailer"]);
    await host.start();
    host.configure("  no: [valid\n");
    expect(offers(env, "afloat", "status", "we")).toEqual(["web"]);
    await host.afloat("down");
    // Nothing to offer is no reason to write over what one types.
    expect(offers(env, "afloat", "status", "we")).toEqual([]);
  },
);

it.skipIf(!isThere("fish"))("fish completes the same", () => {
  host = new Host("  web: sleep 47303\n  worker: sleep 47304\n");
  const env = shellEnv();
  const offered = (line: string) =>
    execFileSync("fish", ["--no-config", "-c", `afloat completion fish | source; complete -C '${line}'`], {
      cwd: host.dir,
      env,
      encoding: "utf8",
    });
  expect(offered("afloat stat")).toMatch(/^status\t/);
  expect(offered("afloat status w")).toBe("web\nworker\n");
});

it.skipIf(!isThere("zsh"))("zsh takes its script", () => {
  host = new Host("  web: sleep 47305\n");
  const ran = spawnSync("bash", ["-c", "afloat completion zsh | zsh -n"], { env: shellEnv(), encoding: "utf8" });
  expect([ran.status, ran.stderr]).toEqual([0, ""]);
});

it("the manual page names every command and option, and has nothing that troff warns of", async () => {
  host = new Host("  web: sleep 47306\n");
  const page = (await host.afloat("help", "--man")).out;
  const plain = page.replaceAll("\\-", "-");
  const { out } = await host.afloat("--help");
  const commands = [...(/\nCommands:\n([\s\S]*?)\n\n/.exec(out)?.[1] ?? "").matchAll(/^ {2}(\w+)/gm)];
  expect(commands.length).toBeGreaterThan(20);
  for (const [, name = ""] of commands) {
    expect(plain).toContain(`.SS afloat ${name}`);
    const help = (await host.afloat("help", name)).out;
    for (const [option] of help.matchAll(/(?<=^ {2}(?:-\w, )? *)--[\w-]+/gm)) expect(plain, name).toContain(option);
  }
  if (!isThere("groff")) return;
  const ran = spawnSync("groff", ["-man", "-ww", "-Tutf8", "-P-bcou"], { input: page, encoding: "utf8" });
  expect(ran.stderr).toBe("");
  expect(ran.stdout).toContain("EXIT STATUS");
});

it("the documented exit codes are those of the help and of the manual page", async () => {
  host = new Host("  web: sleep 47307\n");
  const docs = readFileSync(fileURLToPath(new URL("../../docs/command-line.md", import.meta.url)), "utf8");
  const help = (await host.afloat("--help")).out;
  const page = (await host.afloat("help", "--man")).out;
  const rows = [...docs.matchAll(/^\| (\d) \| (.*) \|$/gm)];
  expect(rows).toHaveLength(4);
  for (const [, code, meaning] of rows) {
    expect(help).toContain(`${code} ${meaning}`);
    expect(page).toContain(`.B ${code}\n${meaning}`);
  }
});
