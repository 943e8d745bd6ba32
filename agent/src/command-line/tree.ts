import type { Command } from "commander";
import type { CommandWords, OptionWords } from "../cli/core/command-words.ts";

/** A commander's description as plain words, for what is made from it. */
export function treeOf(command: Command): CommandWords {
  const help = command.createHelp();
  return {
    name: command.name(),
    usage: help.commandUsage(command),
    description: command.description(),
    after: afterOf(command),
    takes: command.registeredArguments.map((argument) => argument.name()),
    options: help.visibleOptions(command).map(({ short, long, description, flags, argChoices }): OptionWords => ({
      short: short ?? null,
      long: long ?? null,
      description,
      value: /[<[]([\w-]+)/.exec(flags)?.[1] ?? null,
      choices: argChoices ?? [],
    })),
    commands: help.visibleCommands(command).map(treeOf),
  };
}

/** What its help says behind the list of options: commander gives it only as part of the whole. */
function afterOf(command: Command): string {
  let whole = "";
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (text) => (whole += text) });
  command.outputHelp();
  command.configureOutput(before);
  return whole.slice(command.helpInformation().length).trim();
}
