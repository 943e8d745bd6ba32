import type { Command } from "commander";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";

const ASKS = [
  ["restart", "stop and start services; a paused one is refused"],
  ["start", "let services run: the same as resume"],
  ["stop", "stop services until they are started: the same as pause"],
  ["pause", "stop services until they are resumed; survives agent and reboot"],
  ["resume", "let paused services run again"],
] as const;

/** What a person wants of services. */
export function describeAsking(program: Command): void {
  for (const [verb, description] of ASKS) {
    program
      .command(`${verb} <services...>`)
      .description(description)
      .action(async (services: string[]) =>
        finish(async () => (await import("../cli/ask.ts")).ask(placeOf(program), verb, services)),
      );
  }
  program
    .command("reset <services...>")
    .description("set the counters of restarts back to none")
    .action(async (services: string[]) =>
      finish(async () => (await import("../cli/reset.ts")).reset(placeOf(program), services)),
    );
}
