import { bashScript } from "./core/bash-completion.ts";
import type { CommandWords } from "./core/command-words.ts";
import { fishScript } from "./core/fish-completion.ts";
import { zshScript } from "./core/zsh-completion.ts";

/** `afloat completion bash`: a script for that shell. */
export async function completion(program: CommandWords, shell: string): Promise<number> {
  const script = shell === "zsh" ? zshScript : shell === "fish" ? fishScript : bashScript;
  process.stdout.write(script(program));
  return 0;
}
