import { readFileSync } from "node:fs";
import { arch, cpus, hostname, release, totalmem, type } from "node:os";
import type { Hello } from "@afloat/shared/wire";

/** What the cloud is told of this machine. */
export function hostFacts(): Hello["host"] {
  return {
    name: hostname().slice(0, 255),
    os: osName(),
    arch: arch(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
  };
}

/** `Debian GNU/Linux 12 (bookworm)`, where the system says so. */
export function osName(): string {
  try {
    const pretty = /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
    if (pretty !== undefined) return pretty.slice(0, 100);
  } catch {
    // Not every system has it.
  }
  return `${type()} ${release()}`.slice(0, 100);
}
