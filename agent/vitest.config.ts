import { defineConfig } from "vitest/config";
import { longestFirst } from "../test/longest-first.ts";

/** Real processes on a machine that may be slow: generous limits, no timing decides a test. They mostly wait, so some files at a time. */
export default defineConfig({
  test: {
    ...{ include: ["test/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 4 },
    sequence: { sequencer: longestFirst(["incident-70s", "link", "incident", "enroll", "schedule", "commands"]) },
  },
});
