import type { Command } from "commander";
import type { CheckOptions } from "../cli/check.ts";
import type { ConfigOptions } from "../cli/config.ts";
import type { DoctorOptions } from "../cli/doctor.ts";
import type { VerifyOptions } from "../cli/verify.ts";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";

/** Whether what is configured is right, and whether what runs stays up. */
export function describeChecking(program: Command): void {
  program
    .command("check [services...]")
    .description("call every configured endpoint and port; say what is wrong and what to write instead")
    .option("--fix", "write what is certain into the configuration, after showing the difference")
    .option("-y, --yes", "with --fix: do not ask")
    .option("-q, --quiet", "print nothing: the exit code says it")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nWorks with or without a running agent. --fix changes only the values that are wrong: comments, order and quotes stay.\nWithout a terminal and without --yes it only shows the difference.\n\nExamples:\n  afloat check\n  afloat check web --fix --yes",
    )
    .action(async (services: string[], options: CheckOptions) =>
      finish(async () => (await import("../cli/check.ts")).check(placeOf(program), services, options)),
    );
  program
    .command("config [services...]")
    .description("print what is in force: defaults filled in, variables put in, secrets hidden")
    .option("--where", "and where each value comes from: file and line, variable, default")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nExit codes: 0, also with warnings · 2 the configuration has mistakes, which are all told\n\nExamples:\n  afloat config web --where       why does web have this port?\n  PORT=8080 afloat config         what would another environment make of it?\n  afloat --profile dev config     and with this profile?",
    )
    .action(async (services: string[], options: ConfigOptions) =>
      finish(async () => (await import("../cli/config.ts")).config(placeOf(program), services, options)),
    );
  program
    .command("verify")
    .description("everything up, every endpoint called, then watched: does it stay so?")
    .option("-w, --watch <duration>", "watch for so long", "30s")
    .option("--allow-degraded", "a failing endpoint is a warning, where the service itself stays up")
    .option("--fail-on-log <regex>", "also fail where a service writes a line that fits, like 'ERROR|FATAL'")
    .option("-q, --quiet", "print nothing: the exit code says it")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nFails (exit code 1) where a service is not up at the end, was not well or restarted meanwhile, its endpoint does not answer as\nexpected, or the agent ends. Lines that look like errors are shown and fail nothing without --fail-on-log. Ctrl-C: the report so far.\n\nExample, the end of a deploy:\n  afloat restart backend && afloat verify --watch 30s",
    )
    .action(async (options: VerifyOptions) =>
      finish(async () => (await import("../cli/verify.ts")).verify(placeOf(program), options)),
    );
  describeDoctor(program);
  program
    .command("runbook [topic]")
    .description("what a verdict, a reason, a loop or a diagnosis means, and what to do; without a topic: the list")
    .addHelpText("after", "\nExamples:\n  afloat runbook\n  afloat runbook wrong-path")
    .action(async (topic: string | undefined) =>
      finish(async () => (await import("../cli/runbook.ts")).runbook(topic ?? null)),
    );
}

function describeDoctor(program: Command): void {
  program
    .command("doctor")
    .description("the agent's own health: versions, rights, disk, clock, link, limits, what was left over")
    .option("-q, --quiet", "print nothing: the exit code says it")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nWorks with or without a running agent. Each finding says why it matters, and the command or the line that mends it.\nLevels: ok, note, warning, problem; exit code 1 where there is a problem.\n\nExamples:\n  afloat doctor                   what is not well, the worst first\n  afloat doctor -q || alert-me    in a job that looks every hour",
    )
    .action(async (options: DoctorOptions) =>
      finish(async () => (await import("../cli/doctor.ts")).doctor(placeOf(program), options)),
    );
}
