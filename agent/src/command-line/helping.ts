import { Argument, type Command } from "commander";
import { SHELLS } from "../cli/core/shells.ts";
import { finish } from "./finish.ts";
import { placeOf } from "./place.ts";
import { treeOf } from "./tree.ts";

/** Help in all its forms, made from the description of the commands. */
export function describeHelping(program: Command): void {
  program.helpCommand(false);
  program
    .command("help [subcommand]")
    .description("this help, or that of a command")
    .option("--man", "as a manual page, for man -l -")
    .addHelpText("after", "\nExamples:\n  afloat help events\n  afloat help --man > /usr/local/share/man/man1/afloat.1")
    .action(async (asked: string | undefined, options: { man?: boolean }) =>
      finish(async () => (await import("../cli/help.ts")).help(program, asked ?? null, options)),
    );
  program
    .command("completion")
    .description("a script by which a shell completes commands, options and the names of services")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText(
      "after",
      "\nExamples:\n  source <(afloat completion bash)                                  in ~/.bashrc\n  source <(afloat completion zsh)                                   in ~/.zshrc, behind compinit\n  afloat completion fish > ~/.config/fish/completions/afloat.fish",
    )
    .action(async (shell: string) =>
      finish(async () => (await import("../cli/completion.ts")).completion(treeOf(program), shell)),
    );
  program
    .command("complete <what>", { hidden: true })
    .description("the words that a completion script asks for: services, topics")
    .action(async (what: string) =>
      finish(async () => (await import("../cli/complete.ts")).complete(placeOf(program), what)),
    );
}
