import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The program itself, not npm's wrapper around it: a signal for it must reach it. */
export function workerdPath(): string {
  const require = createRequire(import.meta.url);
  const main = createRequire(require.resolve("workerd"));
  const platform = `${process.platform}-${process.arch === "x64" ? "64" : process.arch}`;
  const manifest = main.resolve(`@cloudflare/workerd-${platform}/package.json`);
  return join(dirname(manifest), "bin", process.platform === "win32" ? "workerd.exe" : "workerd");
}
