import { defineConfig } from "vitest/config";
import tests from "./vitest.config.ts";

/** What `pnpm bench fleet` counts inside workerd, in moved time: the rows of a day. Not a test. */
export default defineConfig(async (of) => {
  const config = await tests(of);
  return { ...config, test: { ...config.test, include: ["figures/**/*.figures.ts"], testTimeout: 180_000 } };
});
