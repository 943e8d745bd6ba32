import { env } from "cloudflare:workers";

/** Where the command line writes down which migrations were applied (wrangler d1 migrations apply). */
const APPLIED = `create table d1_migrations (
  id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null
)`;

// Storage is isolated per test file: each begins with an empty database of the newest schema. It is made in one transaction: applied one by one, migrations take
// a second or more of each file.
const statements = env.TEST_MIGRATIONS.flatMap(({ queries }) => queries);
const names = env.TEST_MIGRATIONS.map(({ name }) =>
  env.DB.prepare("insert into d1_migrations (name) values (?)").bind(name),
);
await env.DB.batch([...[...statements, APPLIED].map((statement) => env.DB.prepare(statement)), ...names]);
