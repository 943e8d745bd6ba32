import type { Command } from "commander";
import type { LogsOptions } from "../cli/logs.ts";
import type { TopOptions } from "../cli/top.ts";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";

/** Looking at services: how they are, why, and what they wrote. */
export function describeLooking(program: Command): void {
  program
    .command("status [services...]")
    .description("what is up, what is not, and why")
    .option("-w, --watch", "keep it up to date until Ctrl-C")
    .option("--json", "for machines; with --watch one line for each change")
    .action(async (services: string[], options: { watch?: boolean; json?: boolean }) =>
      finish(async () => (await import("../cli/status.ts")).status(placeOf(program), services, options)),
    );
  program
    .command("top [services...]")
    .description("what services use: processor, memory, restarts, how long their endpoints take; in place, with keys")
    .option("--sort <by>", "cpu, memory, restarts, latency or name", "cpu")
    .option("--json", "once, for machines: what status --json prints, measured just now")
    .addHelpText(
      "after",
      "\nKeys: arrows choose · / filters · r restarts (asks first) · l shows the log · c m R L n sort by cpu, memory,\nrestarts, latency, name · q quits. Without a terminal it prints one frame.",
    )
    .action(async (services: string[], options: TopOptions) =>
      finish(async () => (await import("../cli/top.ts")).top(placeOf(program), services, options)),
    );
  program
    .command("explain [services...]")
    .description(
      "why a service is judged as it is, what would restart it, what happens next; without a name: those not well",
    )
    .option("--json", "for machines")
    .action(async (services: string[], options: { json?: boolean }) =>
      finish(async () => (await import("../cli/explain.ts")).explain(placeOf(program), services, options)),
    );
  program
    .command("logs [services...]")
    .description("what services wrote, the last lines or since a moment, across rotated pieces")
    .option("-n, --lines <count>", "the last so many of each, or all (20, and all with --since or --grep)")
    .option("-f, --follow", "and what comes, until Ctrl-C")
    .option("-s, --since <when>", "from so long ago (10m, 2h), or from a moment (2026-11-24T12:00)")
    .option("-g, --grep <regex>", "only lines that fit a regular expression")
    .option("-i, --ignore-case", "with --grep: great and small letters alike")
    .option("-t, --time", "when each line was written, to within a second")
    .option("--json", "one object a line: service, at, line")
    .addHelpText(
      "after",
      "\nReads the files, not the agent; works without one, too.\n\nExamples:\n  afloat logs -f                          everything, as it comes\n  afloat logs web --since 10m -t          the last ten minutes, with times\n  afloat logs 'api-*' --grep 'ERROR|WARN'  of all that is kept",
    )
    .action(async (services: string[], options: LogsOptions) =>
      finish(async () => (await import("../cli/logs.ts")).logs(placeOf(program), services, options)),
    );
}
