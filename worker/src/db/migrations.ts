import start from "../../drizzle/0000_start.sql";
import incidentClosed from "../../drizzle/0001_incident_closed.sql";
import sampleHour from "../../drizzle/0002_sample_hour.sql";
import hostPosition from "../../drizzle/0003_host_position.sql";
import silence from "../../drizzle/0004_silence.sql";
import uptimeDay from "../../drizzle/0005_uptime_day.sql";
import maintenance from "../../drizzle/0006_maintenance.sql";

/** Every migration, in order, as the Worker applies them where nobody runs `wrangler d1 migrations apply`: self-hosted. */
const MIGRATIONS: readonly { name: string; sql: string }[] = [
  { name: "0000_start.sql", sql: start },
  { name: "0001_incident_closed.sql", sql: incidentClosed },
  { name: "0002_sample_hour.sql", sql: sampleHour },
  { name: "0003_host_position.sql", sql: hostPosition },
  { name: "0004_silence.sql", sql: silence },
  { name: "0005_uptime_day.sql", sql: uptimeDay },
  { name: "0006_maintenance.sql", sql: maintenance },
];

/** Names the migrations in the database as wrangler does, so that either may go on where the other stopped. */
const TABLE = `create table if not exists d1_migrations (
  id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null
)`;

/** Brings the database to the newest schema; each migration whole or not at all. Answers the names of what was applied. */
export async function migrate(d1: D1Database): Promise<string[]> {
  await d1.prepare(TABLE).run();
  const { results } = await d1.prepare("select name from d1_migrations").all<{ name: string }>();
  const known = new Set(results.map(({ name }) => name));
  const missing = MIGRATIONS.filter(({ name }) => !known.has(name));
  for (const { name, sql } of missing) {
    const statements = sql.split("--> statement-breakpoint").map((statement) => d1.prepare(statement));
    await d1.batch([...statements, d1.prepare("insert into d1_migrations (name) values (?)").bind(name)]);
  }
  return missing.map(({ name }) => name);
}
