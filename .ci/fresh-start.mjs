// `npm start` as a new user meets it: a fresh clone, an empty npm cache, no pnpm anywhere. Sees the status page, then Ctrl-C.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "afloat-fresh-"));
const clone = join(dir, "afloat");
const LIMIT_MS = 10 * 60_000;

execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone]);

const env = { ...process.env, npm_config_cache: join(dir, "npm-cache"), XDG_DATA_HOME: join(dir, "data"), CI: "" };
for (const name of Object.keys(env)) if (/^(pnpm_|npm_lifecycle_|npm_package_)/i.test(name)) delete env[name];
env.PATH = (env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !existsSync(join(folder, "pnpm")) && !folder.includes("node_modules"))
  .join(delimiter);

const startedMs = Date.now();
const child = spawn("npm", ["start"], { cwd: clone, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
let output = "";
let failure = null;
for (const stream of [child.stdout, child.stderr]) {
  stream.on("data", (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
}
const exited = new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code)));

try {
  const address = await until(
    () => /https?:\/\/127\.0\.0\.1:\d+\/s\/[\w-]+/.exec(output)?.[0],
    "the status page's address",
  );
  const page = await until(async () => {
    const answer = await fetch(address);
    const text = await answer.text();
    return answer.ok && text.includes("aurora-backend") && /operational/i.test(text) ? text : null;
  }, "a status page that shows the services");
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  const status = execFileSync("npx", ["-y", "pnpm@12", "afloat", "status"], { cwd: clone, env, encoding: "utf8" });
  if (!/aurora-backend\s+degraded/.test(status)) throw new Error(`afloat status shows no degraded backend:\n${status}`);
  console.log(`fresh start: ${seconds} s from npm start to a status page of ${page.length} characters`);
} catch (error) {
  failure = error;
}

process.kill(-(child.pid ?? 0), "SIGINT");
const tooLong = new Promise((resolve) => setTimeout(resolve, 60_000, "still running after 60 s").unref());
const end = await Promise.race([exited, tooLong]);
if (end !== 0) {
  // npm reports a script ended by Ctrl-C by signal or by 130: both are an orderly end.
  if (end !== "SIGINT" && end !== 130) failure ??= new Error(`Ctrl-C: expected an orderly end, got ${String(end)}`);
}
try {
  process.kill(-(child.pid ?? 0), "SIGKILL");
} catch {
  // Nothing left of the group: as it should be.
}
const left = leftBehind(clone);
if (left !== "") failure ??= new Error(`left behind after Ctrl-C:\n${left}`);
rmSync(dir, { recursive: true, force: true });
if (failure !== null) {
  console.error(`fresh start FAILED: ${failure.message}`);
  process.exitCode = 1;
}

/** Waits for a value that is neither null nor undefined. */
async function until(look, what) {
  for (const endMs = Date.now() + LIMIT_MS; Date.now() < endMs;) {
    if (child.exitCode !== null) throw new Error(`npm start ended with code ${child.exitCode} before ${what}`);
    const seen = await Promise.resolve(look()).catch(() => null);
    if (seen !== null && seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`waited ${LIMIT_MS / 1000} s in vain for ${what}`);
}

/** Processes that still run something from the clone. */
function leftBehind(folder) {
  try {
    return execFileSync("pgrep", ["-af", folder], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.includes(folder) && !line.includes("pgrep"))
      .join("\n");
  } catch {
    return "";
  }
}
