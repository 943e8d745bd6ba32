import { defineConfig } from "vitest/config";

/** Stories: the whole product on real parts. One file at a time, since each brings its own server and browser. */
export default defineConfig({
  test: {
    include: ["stories/**/*.test.ts", "behaviours/**/*.test.ts"],
    globalSetup: ["stories/house/build.ts"],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
