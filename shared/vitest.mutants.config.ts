import { defineConfig } from "vitest/config";

/**
 * The tests that `pnpm mutants` asks: those of the pure rules. The laws are left out, because what a random life catches differs
 * from run to run: each rule must be caught by a test that names it.
 */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [
      "test/laws.test.ts",
      "test/wire.test.ts",
      "test/json-schema.test.ts",
      "test/runbook.test.ts",
      "test/explanation*.test.ts",
    ],
    isolate: false,
  },
});
