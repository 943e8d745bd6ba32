import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { migrate } from "../src/db/migrations.ts";

it("the Worker that applies its own migrations knows every one of them, and goes on where wrangler stopped", async () => {
  // This database was migrated as `wrangler d1 migrations apply` does it.
  expect(await migrate(env.DB)).toEqual([]);
  await env.DB.exec("delete from d1_migrations");
  const names = env.TEST_MIGRATIONS.map(({ name }) => name);
  for (const { name } of (
    await env.DB.prepare("select name from sqlite_master where type = 'table'").all<{ name: string }>()
  ).results) {
    if (!name.startsWith("_") && !name.startsWith("sqlite_") && name !== "d1_migrations") {
      await env.DB.exec(`drop table "${name}"`);
    }
  }
  expect(await migrate(env.DB)).toEqual(names);
  expect(await migrate(env.DB)).toEqual([]);
});

it("a row of the flips costs one row written, since it is paid for", async () => {
  const insert = "insert into flip values ('s', ?, 'j', 1, 'o', 'healthy', 'endpoint-ok', 'r', 'operational')";
  const { meta } = await env.DB.prepare(insert).bind(1).run();
  expect(meta.rows_written).toBe(1);
});
