import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** True where a program of the system is found on the PATH and may be run. */
export function isToolThere(tool: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, tool), constants.X_OK);
      return true;
    } catch {
      // Not in this one.
      return false;
    }
  });
}
