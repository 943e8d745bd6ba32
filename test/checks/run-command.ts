import { spawn } from "node:child_process";

export interface CommandResult {
  ok: boolean;
  /** Everything it printed, both streams in the order they came. */
  output: string;
  tookMs: number;
}

/** Runs a program at the root of the workspace and keeps what it prints; `echo` also shows it while it runs. */
export function runCommand(words: string[], opts: { cwd: string; echo: boolean }): Promise<CommandResult> {
  const [program, ...args] = words;
  if (program === undefined) throw new Error("runCommand: no program given");
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn(program, args, { cwd: opts.cwd, stdio: ["ignore", "pipe", "pipe"] });
    const keep = (chunk: Buffer) => {
      chunks.push(chunk);
      if (opts.echo) process.stdout.write(chunk);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const end = (ok: boolean, extra: string) =>
      resolve({ ok, output: Buffer.concat(chunks).toString() + extra, tookMs: performance.now() - startedMs });
    child.on("error", (error) => end(false, `${program}: ${error.message}\n`));
    child.on("close", (code) => end(code === 0, ""));
  });
}
