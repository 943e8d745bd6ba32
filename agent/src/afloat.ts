#!/usr/bin/env node
import { becomeSlim } from "./slim.ts";

/**
 * The door of the program. The daemon has one of its own, so that it never loads what only the command line needs: a
 * parser of arguments and one of YAML cost memory for as long as the agent runs. So has `afloat status` as most write it: it is
 * asked too often to wait for a parser of arguments.
 */
const [command, ...words] = process.argv.slice(2);
if (command === "daemon") {
  becomeSlim();
  void import("./daemon-main.ts").then(({ main }) => main(words));
} else if (command === "status" && words.every(isQuick))
  void import("./quick-status.ts").then(({ quickStatus }) => quickStatus(words));
else void import("./main.ts").then(({ main }) => main());

/** A service's name, or the one option that scripts write. */
function isQuick(word: string): boolean {
  return word === "--json" || !word.startsWith("-");
}
