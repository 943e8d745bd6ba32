import { defineConfig } from "vitest/config";
import tests from "./vitest.config.ts";

/** What `pnpm bench fleet` and `alerts` count inside workerd, in moved time: the rows of a day, a bad hour. Not a test. */
export default defineConfig(async (of) => {
  const config = await tests(of);
  return {
    ...config,
    test: { ...config.test, include: ["figures/**/*.figures.ts"], testTimeout: 180_000, maxWorkers: 1 },
  };
});
