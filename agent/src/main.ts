import { Command, Option } from "commander";
import { dirname, resolve } from "node:path";
import type { CheckOptions } from "./cli/check.ts";
import type { UpOptions } from "./cli/up.ts";
import { ON_TERM } from "./signals.ts";
import type { LogsOptions } from "./cli/logs.ts";
import type { VerifyOptions } from "./cli/verify.ts";
import type { Place } from "./cli/place.ts";
import { VERSION } from "./version.ts";

/** The command line: each command is one file in cli/, loaded when it is called. Exit codes are in `afloat --help`. */
export async function main(): Promise<void> {
  const program = new Command("afloat");
  describeProgram(program);
  describeAgent(program);
  describeLooking(program);
  describeChecking(program);
  describeAsking(program);
  describeReset(program);
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  await program.parseAsync();
}

function describeProgram(program: Command): void {
  program
    .description("Keeps the services of this host up, and tells when they will not stay up.")
    .version(VERSION)
    .option("--config <file>", "the configuration (or AFLOAT_CONFIG)", process.env["AFLOAT_CONFIG"] ?? "afloat.yaml")
    .option(
      "--state <dir>",
      "where the agent keeps its state (or AFLOAT_STATE); .afloat beside the configuration if not said",
    )
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      `
Exit codes: 0 all is well · 1 something asked for or checked is not well · 2 the command line or the configuration is wrong · 3 no agent runs

Examples:
  afloat init                write a first afloat.yaml
  afloat check               call every health endpoint and port before trusting them
  afloat up                  start every service of afloat.yaml and watch them; Ctrl-C stops them
  afloat up --daemon         the same in the background; afloat down stops it
  afloat explain web         why it is judged so, what would restart it, what happens next
  afloat status --watch      what is up, what is not, and why, kept up to date
  afloat verify --watch 30s  after a deploy: everything up, and stays up`,
    );
}

function describeAgent(program: Command): void {
  program
    .command("init")
    .description("write a first afloat.yaml here, from what is found in this folder")
    .option("--force", "also where there is one already")
    .option("--schema", "print the JSON Schema of afloat.yaml instead, for editors")
    .action(async (options: { force?: boolean; schema?: boolean }) =>
      finish(async () => (await import("./cli/init.ts")).init(placeOf(program), options)),
    );
  program
    .command("up")
    .description("start every service and watch them; Ctrl-C stops them")
    .option("-d, --daemon", "in the background")
    .option("--prepare", "only check the configuration and leave it for `afloat daemon`, which a service manager runs")
    .addOption(
      new Option(
        "--on-term <what>",
        "what SIGTERM does to the services: leave them to the next agent (so unless said), or stop them first (so in a container)",
      ).choices(ON_TERM),
    )
    .action(async (options: UpOptions) =>
      finish(async () => (await import("./cli/up.ts")).up(placeOf(program), options)),
    );
  program
    .command("down")
    .description("stop every service, then the agent")
    .action(async () => finish(async () => (await import("./cli/down.ts")).down(placeOf(program))));
  program
    .command("enroll")
    .description("connect this host to a cloud: status page, dashboard, alerts")
    .option("--cloud <url>", "its address; `cloud:` of the configuration if not said")
    .option("--name <name>", "what this host is called there; its host name if not said")
    .option("--again", "also where it is enrolled already")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nThe enrolment key comes from the dashboard (Add a host), by AFLOAT_ENROLMENT_KEY or at the prompt: never as an argument.",
    )
    .action(async (options: { cloud?: string; name?: string; again?: boolean; json?: boolean }) =>
      finish(async () => (await import("./cli/enroll.ts")).enroll(placeOf(program), options)),
    );
}

function describeLooking(program: Command): void {
  program
    .command("status [services...]")
    .description("what is up, what is not, and why")
    .option("-w, --watch", "keep it up to date until Ctrl-C")
    .option("--json", "for machines; with --watch one line for each change")
    .action(async (services: string[], options: { watch?: boolean; json?: boolean }) =>
      finish(async () => (await import("./cli/status.ts")).status(placeOf(program), services, options)),
    );
  program
    .command("explain [services...]")
    .description(
      "why a service is judged as it is, what would restart it, what happens next; without a name: those not well",
    )
    .option("--json", "for machines")
    .action(async (services: string[], options: { json?: boolean }) =>
      finish(async () => (await import("./cli/explain.ts")).explain(placeOf(program), services, options)),
    );
  program
    .command("runbook [topic]")
    .description("what a verdict, a reason, a loop or a diagnosis means, and what to do; without a topic: the list")
    .action(async (topic: string | undefined) =>
      finish(async () => (await import("./cli/runbook.ts")).runbook(topic ?? null)),
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
      finish(async () => (await import("./cli/logs.ts")).logs(placeOf(program), services, options)),
    );
}

function describeChecking(program: Command): void {
  program
    .command("check [services...]")
    .description("call every configured endpoint and port; say what is wrong and what to write instead")
    .option("--fix", "write what is certain into the configuration, after showing the difference")
    .option("-y, --yes", "with --fix: do not ask")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nWorks with or without a running agent. --fix changes only the values that are wrong: comments, order and quotes stay.\nWithout a terminal and without --yes it only shows the difference.",
    )
    .action(async (services: string[], options: CheckOptions) =>
      finish(async () => (await import("./cli/check.ts")).check(placeOf(program), services, options)),
    );
  program
    .command("verify")
    .description("everything up, every endpoint called, then watched: does it stay so?")
    .option("-w, --watch <duration>", "watch for so long", "30s")
    .option("--allow-degraded", "a failing endpoint is a warning, where the service itself stays up")
    .option("--fail-on-log <regex>", "also fail where a service writes a line that fits, like 'ERROR|FATAL'")
    .option("--json", "for machines")
    .addHelpText(
      "after",
      "\nFails (exit code 1) where a service is not up at the end, was not well or restarted meanwhile, its endpoint does not answer as\nexpected, or the agent ends. Lines that look like errors are shown and fail nothing without --fail-on-log. Ctrl-C: the report so far.\nMeant for the end of a deploy: afloat restart backend && afloat verify --watch 30s",
    )
    .action(async (options: VerifyOptions) =>
      finish(async () => (await import("./cli/verify.ts")).verify(placeOf(program), options)),
    );
}

function describeReset(program: Command): void {
  program
    .command("reset <services...>")
    .description("set the counters of restarts back to none")
    .action(async (services: string[]) =>
      finish(async () => (await import("./cli/reset.ts")).reset(placeOf(program), services)),
    );
}

const ASKS = [
  ["restart", "stop and start services; a paused one is refused"],
  ["start", "let services run: the same as resume"],
  ["stop", "stop services until they are started: the same as pause"],
  ["pause", "stop services until they are resumed; survives agent and reboot"],
  ["resume", "let paused services run again"],
] as const;

function describeAsking(program: Command): void {
  for (const [verb, description] of ASKS) {
    program
      .command(`${verb} <services...>`)
      .description(description)
      .action(async (services: string[]) =>
        finish(async () => (await import("./cli/ask.ts")).ask(placeOf(program), verb, services)),
      );
  }
}

function placeOf(program: Command): Place {
  const { config, state } = program.opts<{ config: string; state?: string }>();
  const configFile = resolve(config);
  const stateDir = state ?? process.env["AFLOAT_STATE"];
  return { configFile, stateDir: stateDir === undefined ? resolve(dirname(configFile), ".afloat") : resolve(stateDir) };
}

async function finish(command: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    const { tellFault } = await import("./cli/fault.ts");
    process.exitCode = tellFault(error);
  }
}
