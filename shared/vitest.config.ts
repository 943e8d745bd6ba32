import { defineConfig } from "vitest/config";

// Long random lives take seconds on a busy machine: that is no failure of a rule.
export default defineConfig({ test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 } });
