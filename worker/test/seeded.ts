import { env } from "cloudflare:workers";

/** A database that is older than the newest schema, with rows in every table: what migrations are tried on. */

interface Column {
  name: string;
  type: string;
  notnull: 0 | 1;
  dflt_value: string | null;
}
type Row = Record<string, unknown>;

/** Rows of each table, by its name. */
export type Contents = Record<string, Row[]>;

/** Strange values that a column of text or of numbers may hold. */
const TEXTS = ["plain", `it's "quoted", \n--> statement-breakpoint; ünïcødé 🚢`, ""];
const NUMBERS = [1, Number.MAX_SAFE_INTEGER, 0];

/** An empty database with nothing in it, as it was before the first migration. */
export async function emptyDatabase(): Promise<void> {
  const all = [...(await tables()), "d1_migrations"];
  await env.DB.batch(all.map((table) => env.DB.prepare(`drop table if exists "${table}"`)));
}

/** Applies migrations from this one up to, and not with, another; as wrangler does it, each in one batch. */
export async function applyMigrations(from: number, to: number): Promise<void> {
  for (const { queries } of env.TEST_MIGRATIONS.slice(from, to)) {
    await env.DB.batch(queries.map((query) => env.DB.prepare(query)));
  }
}

/** Every table of the product. */
export async function tables(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'
     and name not like '\\_cf\\_%' escape '\\' and name <> 'd1_migrations' order by name`,
  ).all<{ name: string }>();
  return results.map(({ name }) => name);
}

export async function columnsOf(table: string): Promise<Column[]> {
  return (await env.DB.prepare(`pragma table_info("${table}")`).all<Column>()).results;
}

/** Puts rows into every table that has none: full ones, strange ones, and one with everything absent that may be. */
export async function seed(): Promise<void> {
  for (const table of await tables()) {
    const [any] = await rowsOf(table, ["*"]);
    if (any !== undefined) continue;
    const columns = await columnsOf(table);
    const names = columns.map(({ name }) => `"${name}"`).join(", ");
    const insert = `insert into "${table}" (${names}) values (${columns.map(() => "?").join(", ")})`;
    const rows = [0, 1, 2, 3].map((row) => columns.map((column) => valueOf(column, row)));
    await env.DB.batch(rows.map((values) => env.DB.prepare(insert).bind(...values)));
  }
}

/** All that is there, of these columns, or of those that there are now. */
export async function contents(of?: Contents): Promise<Contents> {
  const found: Contents = {};
  for (const table of of === undefined ? await tables() : Object.keys(of)) {
    const named = Object.keys(of?.[table]?.[0] ?? {}).map((name) => `"${name}"`);
    found[table] = await rowsOf(table, named.length === 0 ? ["*"] : named);
  }
  return found;
}

async function rowsOf(table: string, columns: readonly string[]): Promise<Row[]> {
  const { results } = await env.DB.prepare(`select ${columns.join(", ")} from "${table}" order by 1, 2`).all<Row>();
  return results;
}

/** Each row has values of its own, so that no unique index minds; the last one has what may be absent absent. */
function valueOf({ name, type, notnull }: Column, row: number): string | number | null {
  if (row === 3 && notnull === 0) return null;
  if (type.toLowerCase() === "integer") return (NUMBERS[row] ?? 7) - (row === 1 ? name.length : 0);
  return `${name} ${row} ${TEXTS[row] ?? "x"}`;
}
