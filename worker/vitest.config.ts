import { fileURLToPath } from "node:url";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { longestFirst } from "../test/longest-first.ts";

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
          ALLOW_PRIVATE: "on",
          DAY: JSON.stringify(dayAsked()),
          AFLOAT_SECRET: "a secret of the tests, longer than thirty-two bytes",
        },
      },
    }),
  ],
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    globalSetup: [here("./test/loopback/receiver.ts")],
    // A machine that does much else takes longer. What is waited for in vain says so itself, after some 6 s.
    testTimeout: 30_000,
    // Left to itself it is one on a machine with two cores, and takes twice as long.
    maxWorkers: 2,
    sequence: { sequencer: longestFirst(["day", "roles", "migrations"]) },
    deps: { optimizer: { ssr: { enabled: true, include: OF_OTHERS, rolldownOptions: { external: PLATFORM } } } },
    // What is said to the database is written down on demand, by `pnpm statements`.
    setupFiles: [
      here("./test/migrated.ts"),
      ...(process.env["SPOKEN"] === undefined ? [] : [here("./test/spoken/listen.ts")]),
    ],
  },
}));

/** Libraries that are bundled once. Module by module, each of our files would have them transformed and loaded anew, which takes a third of the time. */
const OF_OTHERS = [
  "better-auth/adapters/drizzle",
  "better-auth/minimal",
  "better-auth/plugins",
  "better-auth/plugins/access",
  "better-auth/plugins/organization/access",
  "drizzle-orm",
  "drizzle-orm/d1",
  "drizzle-orm/sqlite-core",
  "fast-check",
  "hono",
  "hono/factory",
  "hono/html",
  "hono/jsx",
  "hono/jsx/jsx-dev-runtime",
  "hono/jsx/jsx-runtime",
  "hono/secure-headers",
  "marked",
  "standardwebhooks",
  "valibot",
];
const PLATFORM = [/^node:/, /^cloudflare:/];

/** Which day is lived through in test/day/, where another one than the small one is asked for. */
function dayAsked(): Record<string, number> {
  const names = {
    ...{ seed: "DAY_SEED", hosts: "DAY_HOSTS", organizations: "DAY_ORGANIZATIONS", hours: "DAY_HOURS" },
    cells: "DAY_CELLS",
  };
  const asked = Object.entries(names).flatMap(([key, name]): [string, number][] =>
    process.env[name] === undefined ? [] : [[key, Number(process.env[name])]],
  );
  return Object.fromEntries(asked);
}
