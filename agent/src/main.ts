import { createProgram } from "./command-line/program.ts";

/** The command line, for people and scripts. */
export async function main(): Promise<void> {
  await createProgram().parseAsync();
}
