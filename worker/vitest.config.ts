import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Every test runs inside workerd, on a real (local) D1, real Durable Objects and a real queue. */
export default defineConfig(async () => ({
  root: here("."),
  plugins: [
    cloudflareTest({
      wrangler: { configPath: here("./wrangler.jsonc") },
      miniflare: {
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations(here("./drizzle")),
          PUBLIC_URL: "https://afloat.test",
          STATUS_CACHE_MS: "40",
          DAY: process.env["AFLOAT_DAY"] ?? "",
          AFLOAT_SECRET: "a secret of the tests, longer than thirty-two bytes",
        },
      },
    }),
  ],
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: [here("./test/migrated.ts")],
  },
}));
