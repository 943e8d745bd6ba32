import { type Command, Option } from "commander";
import type { ReloadOptions } from "../cli/reload.ts";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";

/** A changed configuration for an agent that runs. */
export function describeReload(program: Command): void {
  program
    .command("reload")
    .description("go by the changed configuration: show what is different, ask, apply only that")
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "only show it")
    .option("--json", "for machines: the plan and what became of it; asks nobody, so --yes applies it")
    .option("-q, --quiet", "print only what failed; asks nobody")
    .addOption(new Option("--for-signal").hideHelp())
    .addHelpText(
      "after",
      `
What did not change is not touched. Without a terminal and without --yes nothing is applied.

Exit codes: 0 nothing to change, or all applied and well · 1 something to change that was not applied (--dry-run, no terminal, a no), or a
service is not well with it · 2 the file is wrong: nothing was changed · 3 no agent runs

Examples:
  afloat reload              look, and say yes or no
  afloat reload --yes        in a deploy
  afloat reload --dry-run    in CI: is what runs what the file says?`,
    )
    .action(async (options: ReloadOptions) =>
      finish(async () => (await import("../cli/reload.ts")).reload(placeOf(program), options)),
    );
}
