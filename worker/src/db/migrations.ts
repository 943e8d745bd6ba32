import start from "../../drizzle/0000_start.sql";
import incidentClosed from "../../drizzle/0001_incident_closed.sql";
import sampleHour from "../../drizzle/0002_sample_hour.sql";
import hostPosition from "../../drizzle/0003_host_position.sql";
import silence from "../../drizzle/0004_silence.sql";
import uptimeDay from "../../drizzle/0005_uptime_day.sql";
import placement from "../../drizzle/0006_placement.sql";
import maintenance from "../../drizzle/0007_maintenance.sql";
import placementWish from "../../drizzle/0008_placement_wish.sql";
import channelKinds from "../../drizzle/0009_channel_kinds.sql";
import serviceMark from "../../drizzle/0010_service_mark.sql";
import alerts from "../../drizzle/0011_alerts.sql";
import deliveryOrganization from "../../drizzle/0012_delivery_organization.sql";
import uptimeHostDay from "../../drizzle/0013_uptime_host_day.sql";
import sampleNext from "../../drizzle/0014_sample_next.sql";
import heartbeatOut from "../../drizzle/0015_heartbeat_out.sql";

/** Every migration, in order, as the Worker applies them where nobody runs `wrangler d1 migrations apply`: self-hosted. */
const MIGRATIONS: readonly Migration[] = [
  { name: "0000_start.sql", sql: start },
  { name: "0001_incident_closed.sql", sql: incidentClosed },
  { name: "0002_sample_hour.sql", sql: sampleHour },
  { name: "0003_host_position.sql", sql: hostPosition },
  { name: "0004_silence.sql", sql: silence },
  { name: "0005_uptime_day.sql", sql: uptimeDay },
  { name: "0006_placement.sql", sql: placement },
  { name: "0007_maintenance.sql", sql: maintenance },
  { name: "0008_placement_wish.sql", sql: placementWish },
  { name: "0009_channel_kinds.sql", sql: channelKinds },
  { name: "0010_service_mark.sql", sql: serviceMark },
  { name: "0011_alerts.sql", sql: alerts },
  { name: "0012_delivery_organization.sql", sql: deliveryOrganization },
  { name: "0013_uptime_host_day.sql", sql: uptimeHostDay },
  { name: "0014_sample_next.sql", sql: sampleNext },
  { name: "0015_heartbeat_out.sql", sql: heartbeatOut },
];

/** Names the migrations in the database as wrangler does, so that either may go on where the other stopped. */
const TABLE = `create table if not exists d1_migrations (
  id integer primary key autoincrement, name text unique, applied_at timestamp default current_timestamp not null
)`;

/** A file of `worker/drizzle`. */
interface Migration {
  name: string;
  sql: string;
}

/**
 * Brings the database to the newest schema; each migration whole or not at all, with its name. Two that do it at once do no harm: what
 * one has applied the other goes on behind. Answers the names of what was applied here.
 */
export async function migrate(d1: D1Database, migrations: readonly Migration[] = MIGRATIONS): Promise<string[]> {
  await d1.prepare(TABLE).run();
  const known = await namesOf(d1);
  const applied: string[] = [];
  for (const migration of migrations) {
    if (!known.has(migration.name) && (await apply(d1, migration))) applied.push(migration.name);
  }
  return applied;
}

/** False where somebody else has applied it meanwhile. */
async function apply(d1: D1Database, { name, sql }: Migration): Promise<boolean> {
  const statements = sql.split("--> statement-breakpoint").map((statement) => d1.prepare(statement));
  try {
    await d1.batch([...statements, d1.prepare("insert into d1_migrations (name) values (?)").bind(name)]);
    return true;
  } catch (error) {
    if ((await namesOf(d1)).has(name)) return false;
    throw new Error(`the migration ${name} could not be applied, and changed nothing`, { cause: error });
  }
}

async function namesOf(d1: D1Database): Promise<Set<string>> {
  const { results } = await d1.prepare("select name from d1_migrations").all<{ name: string }>();
  return new Set(results.map(({ name }) => name));
}
