import { defineConfig } from "vitest/config";
import { longestFirst } from "./longest-first.ts";

/**
 * In the order in which they run. Checks: what `pnpm check` refuses, and what is kept written down. Behaviours: one host's agent each, mostly waiting, so some
 * files at a time; each has ports of its own. Clock: stories that wait for the minute again and again, beside those. Stories: the whole product on real
 * parts, three files at a time, since each brings its own server and browser. Faults: several hosts and their cloud through a network that does harm.
 * Load: hundreds of simulated agents on one server, and the small parts of the benches.
 */
const shared = { globalSetup: ["stories/house/build.ts"], testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    sequence: {
      sequencer: longestFirst([
        ...["heartbeat-out", "heartbeat-again", "upkeep", "logs", "verify", "check", "judged", "measures"],
        ...["channels", "on-call", "no-websockets", "killed", "walk", "network"],
      ]),
    },
    projects: [
      {
        test: { name: "checks", include: ["checks/**/*.test.ts", "alerts/**/*.test.ts"], sequence: { groupOrder: 0 } },
      },
      {
        test: {
          ...shared,
          name: "behaviours",
          include: ["behaviours/**/*.test.ts"],
          maxWorkers: 6,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: "clock",
          include: ["clock/**/*.test.ts"],
          maxWorkers: 6,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: "stories",
          include: ["stories/**/*.test.ts"],
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...shared,
          name: "faults",
          include: ["faults/**/*.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...shared,
          name: "load",
          include: ["load/**/*.test.ts", "bench/**/*.test.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
