#!/usr/bin/env node
import { Command } from "commander";
import { dirname, resolve } from "node:path";

/** The command line: each command is one file in cli/, loaded when it is called. Exit codes are in `afloat --help`. */

const program = new Command("afloat")
  .description("Keeps the services of this host up, and tells when they will not stay up.")
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
  afloat up                  start every service of afloat.yaml and watch them; Ctrl-C stops them
  afloat up --daemon         the same in the background; afloat down stops it
  afloat status              what is up, what is not, and why
  afloat check               call every health endpoint and port before trusting them`,
  );

program
  .command("up")
  .description("start every service and watch them")
  .option("-d, --daemon", "in the background")
  .action(async (options: { daemon?: boolean }) =>
    finish((await import("./cli/up.ts")).up(place(), options.daemon === true)),
  );

program
  .command("down")
  .description("stop every service, then the agent")
  .action(async () => finish((await import("./cli/down.ts")).down(place())));

program
  .command("status")
  .description("what is up, what is not, and why")
  .option("--json", "for machines")
  .action(async (options: { json?: boolean }) =>
    finish((await import("./cli/status.ts")).status(place(), options.json === true)),
  );

program
  .command("check")
  .description("call every configured endpoint and port; say what is wrong and what to write instead")
  .option("--json", "for machines")
  .action(async (options: { json?: boolean }) =>
    finish((await import("./cli/check.ts")).check(place(), options.json === true)),
  );

program
  .command("logs [services...]")
  .description("the last lines of services' output")
  .option("-n, --lines <count>", "how many of each", "20")
  .action(async (services: string[], options: { lines: string }) =>
    finish((await import("./cli/logs.ts")).logs(place(), services, Number(options.lines))),
  );

const ASKS = [
  ["restart", "stop and start services; a paused one is refused"],
  ["start", "let services run: the same as resume"],
  ["stop", "stop services until they are started: the same as pause"],
  ["pause", "stop services until they are resumed; survives agent and reboot"],
  ["resume", "let paused services run again"],
] as const;
for (const [verb, description] of ASKS) {
  program
    .command(`${verb} <services...>`)
    .description(description)
    .action(async (services: string[]) => finish((await import("./cli/ask.ts")).ask(place(), verb, services)));
}

/** What every command is told: where the configuration and the state are. */
export interface Place {
  configFile: string;
  stateDir: string;
}

function place(): Place {
  const { config, state } = program.opts<{ config: string; state?: string }>();
  const configFile = resolve(config);
  const stateDir = state ?? process.env["AFLOAT_STATE"];
  return { configFile, stateDir: stateDir === undefined ? resolve(dirname(configFile), ".afloat") : resolve(stateDir) };
}

async function finish(code: Promise<number>): Promise<void> {
  try {
    process.exitCode = await code;
  } catch (error) {
    const { explain } = await import("./cli/explain.ts");
    process.exitCode = explain(error);
  }
}

program.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
await program.parseAsync();
