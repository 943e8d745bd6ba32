import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "../src/config/config-error.ts";
import { type Loaded, readHost } from "../src/config/load.ts";

/** A folder with the files of a configuration in it. */
export class ConfigFiles {
  readonly dir = mkdtempSync(join(tmpdir(), "afloat-language-"));
  readonly main = join(this.dir, "afloat.yaml");

  /** Writes files, by their paths within the folder, and answers this. */
  with(files: Record<string, string>): this {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.dir, name)), { recursive: true });
      writeFileSync(join(this.dir, name), text);
    }
    return this;
  }

  read(environment: NodeJS.ProcessEnv = {}): Loaded {
    return readHost(this.main, { environment });
  }

  /** What is wrong with it; empty where nothing is. */
  mistakes(environment: NodeJS.ProcessEnv = {}): string[] {
    try {
      this.read(environment);
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.mistakes;
      throw error;
    }
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
