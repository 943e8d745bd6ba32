import { accessSync, constants, existsSync } from "node:fs";
import { resolve } from "node:path";
import type { EndpointResult } from "@afloat/shared/core/lifecycle-types";
import { type CommandCase, type Found, found } from "./case.ts";
import { whatHangs } from "./hang.ts";

/** What is wrong with a command that is the health check. Throws LookOver. */
export async function diagnoseCommand(at: CommandCase, result: EndpointResult): Promise<Found> {
  if (result.kind === "timeout") return whatHangs(at);
  const detail = result.kind === "failed" ? result.detail : "";
  const file = fileOf(at);
  const missing = detail.includes("ENOENT") || detail.startsWith("exits with code 127");
  if (missing) {
    const there =
      file === null || existsSync(file) ? "" : ` There is no ${file}: paths begin in the service's folder, \`cwd\`.`;
    return found(at, "command", "The command is not found.", `${at.came}${there}`);
  }
  if (detail.includes("EACCES") || detail.startsWith("exits with code 126")) {
    const mend =
      file !== null && existsSync(file) && !isExecutable(file)
        ? ` ${file} has no right to be run: chmod +x ${file}`
        : "";
    return found(at, "command", "The command must not be run.", `${at.came}${mend}`);
  }
  if (detail.startsWith("cannot start")) return found(at, "command", "The command cannot be started.", at.came);
  return found(at, "error-status", "The health check itself says no.", at.came);
}

/** The program, where it is written as a file; null where the system looks for it. */
function fileOf({ endpoint, spec }: CommandCase): string | null {
  const { command } = endpoint;
  const program = command.kind === "words" ? (command.words[0] ?? "") : (command.line.trim().split(/\s/, 1)[0] ?? "");
  return program.includes("/") ? resolve(spec.cwd, program) : null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // That is the answer.
    return false;
  }
}
