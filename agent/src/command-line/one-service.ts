import type { Command } from "commander";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";

/** Looking at one service closely, and from inside. */
export function describeOne(program: Command): void {
  program
    .command("describe <service>")
    .description(
      "everything known of one service: what is configured, its processes, why it is as it is, its files, its last events",
    )
    .option("--json", "for machines; of its environment only the names")
    .addHelpText(
      "after",
      "\nWorks without a running agent, too: then from the configuration and the files.\n\nExample:\n  afloat describe web",
    )
    .action(async (service: string, options: { json?: boolean }) =>
      finish(async () => (await import("../cli/describe.ts")).describe(placeOf(program), service, options)),
    );
  program
    .command("env <service>")
    .description("the environment it really has, or would get where it does not run")
    .option("--show-secrets", "also what looks like a secret")
    .option("--json", "for machines: pid, and name, value, hidden of each")
    .addHelpText(
      "after",
      "\nThe variables are on stdout, whose they are on stderr.\n\nExample:\n  afloat env web | grep ^NODE_",
    )
    .action(async (service: string, options: { showSecrets?: boolean; json?: boolean }) =>
      finish(async () => (await import("../cli/env.ts")).env(placeOf(program), service, options)),
    );
  program
    .command("exec <service> [command...]")
    .description("run a command in its folder, as its user, in its environment; a shell if none is given")
    .addHelpText(
      "after",
      "\nWhat stands after -- is the command. The exit code is its own. 125: nothing was run; 126: it must not be run; 127: there is no such program.\n\nExamples:\n  afloat exec web -- npm run migrate\n  afloat exec web                     a shell where web lives",
    )
    .action(async (service: string, words: string[]) =>
      finish(async () => (await import("../cli/exec.ts")).exec(placeOf(program), service, words)),
    );
}
