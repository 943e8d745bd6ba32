import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** A small disk of its own in the place of a folder, where this machine lets us make one. */
export class SmallDisk {
  /** False where the folder is on the machine's own disk, which nobody fills. */
  readonly isOwn: boolean;
  readonly #dir: string;

  constructor(dir: string, size: string) {
    this.#dir = dir;
    this.isOwn = SmallDisk.canBe();
    mkdirSync(dir, { recursive: true });
    if (this.isOwn) execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "tmpfs", dir]);
  }

  static canBe(): boolean {
    try {
      execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  }

  /** Until nothing more fits. */
  fill(path: string): void {
    execFileSync("sh", ["-c", `head -c 100000000 /dev/zero >'${path}' 2>/dev/null || true`]);
  }

  isFull(): boolean {
    return Number(execFileSync("df", ["--output=avail", this.#dir], { encoding: "utf8" }).split("\n")[1]) < 16;
  }

  end(): void {
    if (this.isOwn) execFileSync("umount", ["--lazy", this.#dir]);
  }
}
