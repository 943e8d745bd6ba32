import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What hosts and browsers are given is built once for all stories. */
export function setup(): void {
  for (const path of ["../../../agent/build.ts", "../../../worker/build.ts"]) {
    execFileSync(process.execPath, [fileURLToPath(new URL(path, import.meta.url))], { stdio: ["ignore", 2, 2] });
  }
}
