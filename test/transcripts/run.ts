import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { claimPorts } from "../claim-ports.ts";

/**
 * `pnpm transcripts`: every command that shows something, in a real terminal (tmux) of 80 and of 200 columns, over a few services of which
 * some are not well. What the terminal shows is written to docs/transcripts/, to be looked at before it is committed.
 */

const AGENT = fileURLToPath(new URL("../../agent/dist/afloat.cjs", import.meta.url));
const OUT = fileURLToPath(new URL("../../docs/transcripts", import.meta.url));
const COLUMNS = [80, 200];
const ROWS = 60;
/** A terminal of our own, whoever else uses tmux here. */
const SOCKET = `afloat-transcripts-${process.pid}`;

/** What is typed; the name of the file is made from it. `live` ones are ended by Ctrl-C. */
const COMMANDS: { line: string; live?: true }[] = [
  { line: "afloat --help" },
  { line: "afloat status" },
  { line: "afloat status --watch", live: true },
  { line: "afloat top", live: true },
  { line: "afloat explain web" },
  { line: "afloat describe api" },
  { line: "afloat events -n 12" },
  { line: "afloat check" },
  { line: "afloat logs -n 3" },
  { line: "afloat statsu" },
  { line: "afloat restart wbe" },
];

const dir = mkdtempSync(join(tmpdir(), "afloat-transcripts-"));
const tmux = (...args: string[]) => execFileSync("tmux", ["-L", SOCKET, ...args], { encoding: "utf8" });
const afloat = (...args: string[]) => execFileSync(process.execPath, [AGENT, ...args], { cwd: dir, stdio: "pipe" });

mkdirSync(join(dir, "bin"));
symlinkSync(AGENT, join(dir, "bin", "afloat"));
writeFileSync(join(dir, "afloat.yaml"), await configuration());
mkdirSync(OUT, { recursive: true });
try {
  begin();
  // The loop, the diagnosis and the first measures are to be seen.
  await wait(15_000);
  for (const columns of COLUMNS) for (const { line, live } of COMMANDS) await record(line, columns, live === true);
} finally {
  tmux("kill-server");
  afloat("down");
  rmSync(dir, { recursive: true, force: true });
}

/** Services that are well, degraded by a wrong endpoint, in a loop, paused. */
async function configuration(): Promise<string> {
  const [web, api] = [await claimPorts(), await claimPorts()];
  const serve = (port: number) =>
    `node -e "require('http').createServer((q, a) => { a.statusCode = q.url === '/healthz' ? 200 : 404; a.end() }).listen(${port})"`;
  return `services:
  web:
    command: ${JSON.stringify(serve(web))}
    port: ${web}
    health: /health
  api:
    command: ${JSON.stringify(serve(api))}
    port: ${api}
    health: /healthz
  ingest: sh -c "echo 'cannot open 数据.db 🚀'; exit 3"
  worker: sleep 100000
`;
}

function begin(): void {
  try {
    afloat("up", "--daemon");
  } catch {
    // Not everything is up: so it is meant.
  }
  afloat("pause", "worker");
  // A server of tmux ends with its last session: this one keeps it.
  tmux("-f", "/dev/null", "new-session", "-d", "-s", "keep");
}

async function record(line: string, columns: number, live: boolean): Promise<void> {
  const shell = `cd ${dir}; PATH=${join(dir, "bin")}:$PATH PS1='$ ' NO_COLOR=1 exec bash --norc`;
  tmux("new-session", "-d", "-s", "shown", "-x", String(columns), "-y", String(ROWS), shell);
  try {
    tmux("send-keys", "-t", "shown", line, "Enter");
    const screen = await settled(line, live);
    const name = line.replaceAll(/[^\w]+/g, "-").replace(/^afloat-+/, "");
    const text = screen.replaceAll(dir, "/srv/shop").trimEnd();
    writeFileSync(
      join(OUT, `${name}-${columns}.txt`),
      `${text
        .split("\n")
        .map((each) => each.trimEnd())
        .join("\n")}\n`,
    );
    if (live) tmux("send-keys", "-t", "shown", "C-c");
  } finally {
    tmux("kill-session", "-t", "shown");
  }
}

/** What is shown when the prompt is back; of what goes on, when there is a table. */
async function settled(line: string, live: boolean): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    await wait(100);
    const screen = tmux("capture-pane", "-t", "shown", "-p", "-S", "-200");
    const lines = screen.trimEnd().split("\n");
    if (live ? lines.some((each) => /^\W*SERVICE/.test(each)) : lines.length > 1 && lines.at(-1) === "$")
      return live ? screen : screen.slice(Math.max(0, screen.indexOf("$ ")), screen.trimEnd().length - 1);
  }
  throw new Error(`waited in vain for ${line}`);
}
