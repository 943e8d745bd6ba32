import { Command } from "commander";
import { describeAgent } from "./agent.ts";
import { describeAsking } from "./asking.ts";
import { describeChecking } from "./checking.ts";
import { describeHelping } from "./helping.ts";
import { describeLooking } from "./looking.ts";
import { describeOne } from "./one-service.ts";
import { exitCodesLine } from "./exit-codes.ts";
import { usualConfig } from "./place.ts";
import { VERSION } from "../version.ts";

/**
 * The command line. What each command is called and takes is described in command-line/; what it does is one file in cli/, loaded
 * when it is called. Help, man page and completion are made from it.
 */
export function createProgram(): Command {
  const program = new Command("afloat");
  // Before the others: each command takes over what its parent has when it is made.
  program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  describeProgram(program);
  describeAgent(program);
  describeLooking(program);
  describeOne(program);
  describeChecking(program);
  describeAsking(program);
  describeHelping(program);
  return program;
}

function describeProgram(program: Command): void {
  program
    .description("Keeps the services of this host up, and tells when they will not stay up.")
    .version(VERSION)
    .option("--config <file>", "the configuration (or AFLOAT_CONFIG)", usualConfig())
    .option(
      "--state <dir>",
      "where the agent keeps its state (or AFLOAT_STATE); .afloat beside the configuration if not said",
    )
    .option(
      "--profile <name>",
      "also services of this profile (or AFLOAT_PROFILES=dev,test); may be given several times",
      (name: string, before: string[] | undefined) => [...(before ?? []), name],
    )
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      `
${exitCodesLine()}

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
