import type { Command } from "commander";
import type { TellOptions } from "../cli/ask.ts";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";

const ASKS = [
  ["restart", "stop and start services; a paused one is refused", "afloat restart web 'api-*'"],
  ["start", "let services run: the same as resume", "afloat start web"],
  ["stop", "stop services until they are started: the same as pause", "afloat stop all"],
  ["pause", "stop services until they are resumed; survives agent and reboot", "afloat pause 'worker-?'"],
  ["resume", "let paused services run again", "afloat resume all"],
] as const;

/** What a person wants of services. */
export function describeAsking(program: Command): void {
  for (const [verb, description, example] of ASKS) {
    program
      .command(`${verb} <services...>`)
      .description(description)
      .option("-q, --quiet", "print only what was refused or failed")
      .option("--json", "for machines: outcomes, each with service, kind (done, refused, failed), detail, pid")
      .addHelpText("after", `\nReturns when it is done. Names, patterns, or all.\n\nExample:\n  ${example}`)
      .action(async (services: string[], options: TellOptions) =>
        finish(async () => (await import("../cli/ask.ts")).ask(placeOf(program), verb, services, options)),
      );
  }
  program
    .command("reset <services...>")
    .description("set the counters of restarts back to none")
    .option("-q, --quiet", "print nothing")
    .option("--json", "for machines: the services that were meant")
    .addHelpText("after", "\nExample:\n  afloat reset all")
    .action(async (services: string[], options: TellOptions) =>
      finish(async () => (await import("../cli/reset.ts")).reset(placeOf(program), services, options)),
    );
}
