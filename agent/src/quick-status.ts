import { status } from "./cli/status.ts";
import { finish } from "./command-line/finish.ts";
import { placeAt, usualConfig } from "./command-line/place.ts";

/** `afloat status`, with nothing but names and `--json`: the same as by the command line (command-line/looking.ts), only sooner. */
export async function quickStatus(words: string[]): Promise<void> {
  const names = words.filter((word) => word !== "--json");
  const options = { json: words.includes("--json") };
  await finish(() => status(placeAt(usualConfig(), undefined), names, options));
  // All is said: what is open needs no closing, which takes longer than the end itself.
  if (process.exitCode === 0 && process.stdout.writableLength === 0) process.exit();
}
