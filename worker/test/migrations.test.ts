import { env } from "cloudflare:workers";
import { getTableName, is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { beforeEach, describe, expect, it } from "vitest";
import * as alertSchema from "../src/db/alert-schema.ts";
import * as authSchema from "../src/db/auth-schema.ts";
import { migrate } from "../src/db/migrations.ts";
import * as maintenanceSchema from "../src/db/maintenance-schema.ts";
import * as schema from "../src/db/schema.ts";
import { applyMigrations, columnsOf, contents, emptyDatabase, seed, tables } from "./seeded.ts";

const names = env.TEST_MIGRATIONS.map(({ name }) => name);
/** One more with each migration, each from an empty database on. */
const SLOWLY = { timeout: 60_000 };
const SCHEMA = [schema, alertSchema, maintenanceSchema, authSchema]
  .flatMap(Object.values)
  .filter((value) => is(value, SQLiteTable));

describe("a database with rows in every table", () => {
  it.each(names.map((name, i) => [name, i] as const))(
    "keeps every row, as it was, when %s comes",
    SLOWLY,
    async (_, i) => {
      await emptyDatabase();
      for (let done = 0; done < i; done++) {
        await applyMigrations(done, done + 1);
        await seed();
      }
      const before = await contents();
      await applyMigrations(i, i + 1);
      expect(await contents(before)).toEqual(before);
      for (const rows of Object.values(before)) expect(rows).toHaveLength(4);
      // And it can be filled.
      await seed();
      for (const rows of Object.values(await contents())) expect(rows).toHaveLength(4);
    },
  );

  it("keeps every row from the first schema to the newest", SLOWLY, async () => {
    await emptyDatabase();
    await applyMigrations(0, 1);
    await seed();
    const before = await contents();
    expect(Object.keys(before)).toHaveLength(20);
    await applyMigrations(1, names.length);
    expect(await contents(before)).toEqual(before);
  });
});

describe("the Worker that applies its own migrations", () => {
  beforeEach(emptyDatabase);

  it("knows every one of them, and applies each once", async () => {
    expect(await migrate(env.DB)).toEqual(names);
    await seed();
    const before = await contents();
    expect(await migrate(env.DB)).toEqual([]);
    expect(await contents()).toEqual(before);
  });

  it("goes on where wrangler stopped", async () => {
    await migrate(env.DB);
    const known = await env.DB.prepare("select name from d1_migrations order by id").all<{ name: string }>();
    expect(known.results.map(({ name }) => name)).toEqual(names);
    await emptyDatabase();
    await applyMigrations(0, 2);
    await env.DB.exec("create table d1_migrations (id integer primary key autoincrement, name text unique)");
    for (const name of names.slice(0, 2)) {
      await env.DB.prepare("insert into d1_migrations (name) values (?)").bind(name).run();
    }
    await seed();
    const before = await contents();
    expect(await migrate(env.DB)).toEqual(names.slice(2));
    expect(await contents(before)).toEqual(before);
  });

  it("does no harm where two do it at once: each migration is applied by one of them, and neither fails", async () => {
    const both = await Promise.all([migrate(env.DB), migrate(env.DB), migrate(env.DB)]);
    expect(both.flat().toSorted()).toEqual(names);
  });

  it("leaves all as it was where one fails in its middle, says which, and goes on from there once it is mended", async () => {
    const first = { name: "0000_one.sql", sql: "create table one (id text)" };
    const broken = "alter table one add a text;--> statement-breakpoint\ninsert into one (id, nothing) values (1, 2)";
    const second = { name: "0001_two.sql", sql: broken };
    await expect(migrate(env.DB, [first, second])).rejects.toThrow("0001_two.sql could not be applied");
    expect((await columnsOf("one")).map(({ name }) => name)).toEqual(["id"]);
    const mended = { ...second, sql: broken.replace(", nothing", ", a") };
    expect(await migrate(env.DB, [first, mended])).toEqual(["0001_two.sql"]);
    expect((await contents())["one"]).toEqual([{ id: "1", a: "2" }]);
  });

  it("changes nothing where one is applied a second time by hand", async () => {
    await migrate(env.DB);
    await seed();
    const before = await contents();
    for (let i = 0; i < names.length; i++) await expect(applyMigrations(i, i + 1)).rejects.toThrow();
    expect(await contents()).toEqual(before);
  });
});

describe("the schema that the Worker believes in", () => {
  beforeEach(async () => {
    await emptyDatabase();
    await applyMigrations(0, names.length);
  });

  it("is the one that the migrations make: tables, columns, what may be absent, indexes", async () => {
    expect(SCHEMA.map(getTableName).toSorted()).toEqual(await tables());
    for (const table of SCHEMA) {
      const { name, columns, indexes } = getTableConfig(table);
      const made = await columnsOf(name);
      const said = columns.map((column) => [column.name, [column.getSQLType(), column.notNull ? 1 : 0]]);
      expect(
        Object.fromEntries(made.map((column) => [column.name, [column.type.toLowerCase(), column.notnull]])),
        `${name}: run \`pnpm --filter @afloat/worker migration NAME\``,
      ).toEqual(Object.fromEntries(said));
      const { results } = await env.DB.prepare(
        "select name from sqlite_master where type = 'index' and tbl_name = ? and sql is not null order by name",
      )
        .bind(name)
        .all<{ name: string }>();
      const unique = columns.flatMap(({ isUnique, uniqueName }) => (isUnique ? (uniqueName ?? []) : []));
      const expected = [...indexes.map(({ config }) => config.name), ...unique].toSorted();
      expect(results.map((index) => index.name)).toEqual(expected);
    }
  });

  it("has one row written for one that has its own key: flips, samples and days, since rows are paid for", async () => {
    const { results } = await env.DB.prepare(
      "select name from sqlite_master where sql like '%without rowid%' order by name",
    ).all<{ name: string }>();
    const names = results.map(({ name }) => name);
    for (const table of ["flip", "sample_hour", "uptime_day", "uptime_host_day", "alert_why", "alert_incident"])
      expect(names).toContain(table);
    const insert = "insert into flip values ('s', ?, 'j', 1, 'o', 'healthy', 'endpoint-ok', 'r', 'operational')";
    expect((await env.DB.prepare(insert).bind(1).run()).meta.rows_written).toBe(1);
  });
});
