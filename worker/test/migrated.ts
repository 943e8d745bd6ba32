import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

// Storage is isolated per test file: each begins with an empty database of the newest schema.
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
