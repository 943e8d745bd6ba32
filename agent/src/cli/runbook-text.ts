import { readFileSync } from "node:fs";

/** docs/runbook.md, whole, when the agent runs from source. In the bundle this file is replaced by the text (build.ts). */
export function runbookText(): string {
  return readFileSync(new URL("../../../docs/runbook.md", import.meta.url), "utf8");
}
