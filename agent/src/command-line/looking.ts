import type { Command } from "commander";
import type { EventsOptions } from "../cli/events.ts";
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
    .option("-q, --quiet", "print nothing: the exit code is 0 only where all of them are well, or paused or completed")
    .addHelpText(
      "after",
      "\nThe wider the terminal, the more it tells. With --watch in place on a terminal, elsewhere one table after another.\n\nExamples:\n  afloat status --watch         everything, kept up to date\n  afloat status 'api-*'         those whose names fit\n  afloat status -q web && echo  in a script: is it well?",
    )
    .action(async (services: string[], options: { watch?: boolean; json?: boolean; quiet?: boolean }) =>
      finish(async () => (await import("../cli/status.ts")).status(placeOf(program), services, options)),
    );
  program
    .command("top [services...]")
    .description("what services use: processor, memory, restarts, how long their endpoints take; in place, with keys")
    .option("--sort <by>", "cpu, memory, restarts, latency or name", "cpu")
    .option("--json", "once, for machines: what status --json prints, measured just now")
    .addHelpText(
      "after",
      "\nKeys: arrows choose · / filters · r restarts (asks first) · l shows the log · c m R L n sort by cpu, memory,\nrestarts, latency, name · q quits. Without a terminal it prints one frame.\n\nExamples:\n  afloat top\n  afloat top 'api-*' --sort latency",
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
    .addHelpText("after", "\nExamples:\n  afloat explain\n  afloat explain web --json")
    .action(async (services: string[], options: { json?: boolean }) =>
      finish(async () => (await import("../cli/explain.ts")).explain(placeOf(program), services, options)),
    );
  describePast(program);
}

/** What was. */
function describePast(program: Command): void {
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
  program
    .command("events [services...]")
    .description("what happened: restarts and why, exits, verdicts, loops, pauses, starts and ends of the agent")
    .option("-n, --lines <count>", "the last so many, or all (30, and all with --since, --until or --kind)")
    .option("-f, --follow", "and what comes, until Ctrl-C")
    .option("-s, --since <when>", "from so long ago (10m, 2h), a time of day (03:12) or a moment (2026-11-24T12:00)")
    .option("-u, --until <when>", "up to then")
    .option(
      "-k, --kind <kinds>",
      "only some: restart, exit, verdict, notice, loop, asked, agent, removed; comma between",
    )
    .option("--json", "one object a line: at, service, kind, text, event")
    .addHelpText(
      "after",
      "\nReads the journal, not the agent; works without one, too. The journal keeps the last 2 MB or more: some thousand events.\n\nExamples:\n  afloat events web --since 03:00 --until 03:30   why did it restart at 03:12?\n  afloat events -f                                as it happens\n  afloat events --kind restart,loop --since 7d    of the last week",
    )
    .action(async (services: string[], options: EventsOptions) =>
      finish(async () => (await import("../cli/events.ts")).events(placeOf(program), services, options)),
    );
}
