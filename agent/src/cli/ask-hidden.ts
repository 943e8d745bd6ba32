/** Asks on the terminal without showing what is typed. Ctrl-C ends the program, as it does anywhere else. */
export function askHidden(question: string): Promise<string> {
  // Before the question: what is typed early must not be shown either.
  process.stdin.setRawMode(true);
  process.stderr.write(question);
  process.stdin.setEncoding("utf8");
  return new Promise((resolve) => {
    let typed = "";
    const end = () => {
      process.stdin.setRawMode(false);
      process.stdin.pause();
      process.stdin.removeListener("data", take);
      process.stderr.write("\n");
    };
    const take = (chunk: string) => {
      for (const char of chunk) {
        if (char === CTRL_C) {
          end();
          process.exit(130);
        }
        if (ENDS.has(char)) {
          end();
          return resolve(typed.trim());
        }
        typed = ERASES.has(char) ? typed.slice(0, -1) : typed + char;
      }
    };
    process.stdin.on("data", take);
  });
}

const CTRL_C = "\u0003";
/** Enter, and Ctrl-D. */
const ENDS = new Set(["\r", "\n", "\u0004"]);
/** Backspace, as terminals send it. */
const ERASES = new Set(["\u007F", "\b"]);
