import { type ChildProcess, spawn } from "node:child_process";
import { AGENT } from "../stories/house/host.ts";
import { until } from "../stories/house/until.ts";

const SEQUENCE = /\p{Cc}\[[?\d;]*[A-Za-z]/gu;

/** A command in a terminal of its own (script, util-linux), of a size that is told. */
export class Terminal {
  /** All that was written to the terminal so far. */
  output = "";
  readonly ended: Promise<number>;
  readonly #script: ChildProcess;

  /** Runs `afloat …` in a folder. */
  constructor(dir: string, words: string[], size: { columns: number; rows: number }, env: Record<string, string> = {}) {
    const quoted = [process.execPath, AGENT, ...words].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
    const line = `stty cols ${size.columns} rows ${size.rows}; exec ${quoted.join(" ")}`;
    const options = { cwd: dir, env: { ...process.env, TERM: "xterm-256color", SHELL: "/bin/sh", ...env } };
    this.#script = spawn("script", ["-qec", line, "/dev/null"], options);
    this.#script.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString("utf8")));
    // It may end while a key is on its way.
    this.#script.stdin?.on("error", () => {});
    this.ended = new Promise((resolve) => this.#script.once("close", (code) => resolve(code ?? 1)));
  }

  /** Presses Ctrl-C, once. */
  press(): void {
    this.#script.stdin?.write("\u0003");
  }

  /** Presses Ctrl-C until the command ends, since one that is just starting another may miss it; answers its exit code. */
  async interrupt(): Promise<number> {
    let ended = false;
    void this.ended.then(() => (ended = true));
    await until("the command to end", () => {
      if (!ended) this.press();
      return ended;
    });
    return this.ended;
  }

  /** The whole frames that were drawn in place, each as its lines without the sequences of the terminal. */
  get frames(): string[][] {
    const frames = this.output.split("\u001B[?2026h").slice(1);
    return frames
      .filter((frame) => frame.includes("\u001B[?2026l"))
      .map((frame) => (frame.split("\u001B[?2026l")[0] ?? "").replaceAll(SEQUENCE, "").split("\r\n"));
  }
}
