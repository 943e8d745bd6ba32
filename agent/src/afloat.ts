#!/usr/bin/env node
import { becomeSlim } from "./slim.ts";

/**
 * The door of the program. The daemon has one of its own, so that it never loads what only the command line needs: a
 * parser of arguments and one of YAML cost memory for as long as the agent runs.
 */
if (process.argv[2] === "daemon") {
  becomeSlim();
  void import("./daemon-main.ts").then(({ main }) => main(process.argv.slice(3)));
} else void import("./main.ts").then(({ main }) => main());
