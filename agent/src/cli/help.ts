import type { Command } from "commander";
import { nearest } from "../config/nearest.ts";
import { treeOf } from "../command-line/tree.ts";
import { EXIT_CODES } from "../command-line/exit-codes.ts";
import { VERSION } from "../version.ts";
import { manPage } from "./core/man-page.ts";

/** `afloat help`: all of it, one command, or the manual page. */
export async function help(program: Command, asked: string | null, options: { man?: boolean }): Promise<number> {
  if (options.man === true) {
    process.stdout.write(manPage(treeOf(program), VERSION, EXIT_CODES));
    return 0;
  }
  if (asked === null) {
    program.outputHelp();
    return 0;
  }
  const names = program.commands.map((each) => each.name());
  const command = program.commands.find((each) => each.name() === asked);
  if (command === undefined) {
    const close = nearest(asked, names);
    console.error(
      `there is no command ${asked}.${close === null ? "" : ` Did you mean ${close}?`} List them with: afloat help`,
    );
    return 2;
  }
  command.outputHelp();
  return 0;
}
