import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { faultsOf } from "./migration-rules.ts";
import { checkMigrations } from "./migrations.ts";

const words = (sql: string) => faultsOf(sql).map(({ text }) => text);

describe("a migration is refused", () => {
  it.each([
    ["that drops a table", "DROP TABLE `host`;", "a table is dropped"],
    ["whatever its letters and lines", "drop\n  table if exists host", "a table is dropped"],
    ["that rebuilds one", "CREATE TABLE `__new_host` (`id` text PRIMARY KEY NOT NULL);", "a table is rebuilt"],
    ["that drops a column", "ALTER TABLE `host` DROP COLUMN `os`;", "dropped or renamed"],
    ["that renames a table", "ALTER TABLE `host` RENAME TO `machine`;", "dropped or renamed"],
    ["that renames a column", "ALTER TABLE `host` RENAME COLUMN `os` TO `system`;", "dropped or renamed"],
    ["that drops an index", "DROP INDEX `host_organization`;", "dropped or renamed"],
    ["that deletes rows", "DELETE FROM flip;", "rows are deleted"],
    ["that writes over rows", "INSERT OR REPLACE INTO host SELECT * FROM host;", "rows are deleted, or written over"],
    ["that replaces rows", "REPLACE INTO host SELECT * FROM host;", "rows are deleted, or written over"],
    ["that puts rows where others read", "INSERT INTO host (id) VALUES ('h');", "rows are put into host"],
    ["that changes rows", "UPDATE host SET name = 'x' WHERE id = 'h';", "rows that are there are changed"],
    ["that adds NOT NULL alone", "ALTER TABLE `host` ADD `age` integer NOT NULL;", "NOT NULL without a DEFAULT"],
    ["or with no value", "ALTER TABLE host ADD age integer DEFAULT NULL NOT NULL;", "NOT NULL without a DEFAULT"],
    ["over several lines", "ALTER TABLE host\n ADD age integer\n NOT NULL;", "NOT NULL without a DEFAULT"],
    ["that adds a unique index to what is there", "CREATE UNIQUE INDEX one ON `host` (`name`);", "need not be unique"],
    ["that adds a trigger", "CREATE TRIGGER t AFTER INSERT ON host BEGIN SELECT 1; END;", "expected create table"],
    ["that switches foreign keys", "PRAGMA foreign_keys=OFF;", "a pragma"],
    ["that adds a foreign key", "CREATE TABLE a (b text REFERENCES host(id) ON DELETE CASCADE);", "a foreign key"],
    ["by a column, too", "ALTER TABLE `host` ADD `o` text REFERENCES organization(id);", "a foreign key"],
    ["that counts twice", "CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT);", "AUTOINCREMENT"],
    ["that does what nobody thought of", "VACUUM;", "expected create table"],
  ])("%s", (_, sql, text) => {
    expect(words(`CREATE TABLE fine (id text);\n--> statement-breakpoint\n${sql}`)[0]).toContain(text);
  });

  it("with the line on which the statement begins", () => {
    const sql = "-- a comment; with a semicolon\nCREATE TABLE a (id text);\n\n/* more;\n */\nDROP TABLE b;";
    expect(faultsOf(sql).map(({ line }) => line)).toEqual([6]);
  });
});

it("a migration that adds tables, indexes and columns, and fills what it adds, is good", () => {
  const sql = `
    CREATE TABLE \`slot\` (\`host_id\` text NOT NULL, PRIMARY KEY(\`host_id\`)) WITHOUT ROWID;
    CREATE UNIQUE INDEX slot_one ON slot (host_id); CREATE INDEX host_name ON host (name);
    ALTER TABLE host ADD age integer DEFAULT 0 NOT NULL; ALTER TABLE host ADD word text DEFAULT 'it''s; drop table host';
    ALTER TABLE host ADD COLUMN note text; -- drop table host
    UPDATE host SET age = 1, note = name || ', ' WHERE link = 'never';
    INSERT INTO slot (host_id) SELECT id FROM host`;
  expect(words(sql)).toEqual([]);
});

describe("the folder of migrations", () => {
  let dir: string;
  const ours = fileURLToPath(new URL("../../worker/drizzle", import.meta.url));
  const journal = () => join(dir, "meta/_journal.json");

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "afloat-migrations-"));
    cpSync(ours, dir, { recursive: true });
  });

  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** Changes the journal that drizzle-kit keeps. */
  function write(change: (entries: { tag: string; when: number }[]) => void): void {
    const kept = JSON.parse(readFileSync(journal(), "utf8"));
    change(kept.entries);
    writeFileSync(journal(), JSON.stringify(kept));
  }

  it("is good as it is", async () => {
    expect(await checkMigrations(dir)).toEqual({ ok: true, output: "" });
  });

  it("is refused with the place, where one of them is", async () => {
    writeFileSync(join(dir, "0001_incident_closed.sql"), "\nDROP TABLE host;");
    expect((await checkMigrations(dir)).output).toContain("0001_incident_closed.sql:2: a table is dropped");
  });

  it("is refused where two have one number", async () => {
    writeFileSync(join(dir, "0002_another.sql"), "CREATE TABLE a (id text);");
    expect((await checkMigrations(dir)).output).toContain("0002_sample_hour.sql: expected number 0003");
  });

  it("is refused where one is missing in the journal, older than the one before it, or has no file", async () => {
    write((entries) => entries.splice(2, 1));
    expect((await checkMigrations(dir)).output).toContain("expected 0002_sample_hour.sql as entry 2");
    cpSync(ours, dir, { recursive: true });
    write((entries) => Object.assign(entries[2] ?? {}, { when: 1 }));
    expect((await checkMigrations(dir)).output).toContain("0002_sample_hour.sql is older");
    cpSync(ours, dir, { recursive: true });
    write((entries) => entries.push({ tag: "9999_gone", when: Date.now() * 2 }));
    expect((await checkMigrations(dir)).output).toContain("9999_gone has no file");
  });

  it("is refused where one was not made on top of the one before it", async () => {
    const snapshot = join(dir, "meta/0003_snapshot.json");
    writeFileSync(snapshot, readFileSync(snapshot, "utf8").replace(/"prevId": "[^"]*"/, '"prevId": "x"'));
    expect((await checkMigrations(dir)).output).toContain("not made on top");
  });

  it("is refused where a number is missing", async () => {
    rmSync(join(dir, "0000_start.sql"));
    expect((await checkMigrations(dir)).output).toContain("0001_incident_closed.sql: expected number 0000");
  });
});
