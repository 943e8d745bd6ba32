/**
 * V8 without its optimizing compilers and with a small young generation: a third of the daemon's memory, for half as much
 * processor time again of very little. Without the heap that Node brings along it is 3 MB smaller (and starts 40 ms later),
 * without helping threads 0.5 MB, and 1 MB where compiled code that nobody ran is dropped at the next collection. Only on the
 * command line do these options count.
 */
const OPTIONS = [
  "--lite-mode",
  "--max-semi-space-size=1",
  "--no-node-snapshot",
  "--single-threaded",
  "--bytecode-old-age=1",
];
/** Versions of Node with which this was measured; another one might refuse an option, and then nothing would run. */
const MEASURED = new Set(["22", "24"]);

/** Options of Node for a child that is not to be slim. */
export const withoutSlim = (options: readonly string[]) => options.filter((option) => !OPTIONS.includes(option));

/** Becomes the same program once more with these options, under the same pid; does not return where it does. */
export function becomeSlim(): void {
  const [major = ""] = process.versions.node.split(".");
  if (!MEASURED.has(major) || process.execArgv.includes("--lite-mode") || typeof process.execve !== "function") return;
  process.execve(process.execPath, [process.execPath, ...OPTIONS, ...process.execArgv, ...process.argv.slice(1)]);
}
