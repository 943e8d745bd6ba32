import { execFile } from "node:child_process";

/** Runs a tool of the system; null where it fails, is not there, or gives no answer in time. Then it is left behind: it may be stuck in the kernel. */
export function runTool(words: readonly [string, ...string[]], timeoutMs: number): Promise<string | null> {
  const [program, ...args] = words;
  return new Promise((resolve) => {
    const child = execFile(program, args, { env: { ...process.env, LC_ALL: "C" } }, (error, out) => {
      clearTimeout(timer);
      resolve(error === null ? out : null);
    });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      resolve(null);
    }, timeoutMs);
  });
}
