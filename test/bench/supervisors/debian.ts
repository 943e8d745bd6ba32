import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Unpacks Debian packages into a folder, without installing anything. Throws where there is no Debian, or no way to it. */
export function unpackDebian(dir: string, packages: readonly string[]): void {
  mkdirSync(dir, { recursive: true });
  execFileSync("apt-get", ["download", ...packages], { cwd: dir, stdio: "ignore" });
  for (const file of readdirSync(dir).filter((name) => name.endsWith(".deb")))
    execFileSync("dpkg", ["-x", join(dir, file), dir], { stdio: "ignore" });
}
