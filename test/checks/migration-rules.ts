/** What is wrong with a migration: where, and in words. Lines count from 1. */
export interface MigrationFault {
  line: number;
  text: string;
}

interface Statement {
  line: number;
  /** Without comments, literals blank, white space single, lower case, quotes around names gone. */
  code: string;
}

/** What a migration makes itself: no row and no Worker of before knows of it. */
interface Made {
  tables: Set<string>;
  /** `table.column` */
  columns: Set<string>;
}

/**
 * What keeps this migration from running under a Worker of before, or from leaving rows as they are. Only what adds is known to do
 * neither: tables, indexes, columns, and rows or values for these.
 */
export function faultsOf(sql: string): MigrationFault[] {
  const statements = statementsOf(sql);
  const made = madeBy(statements);
  return statements.flatMap(({ line, code }) => {
    const text = faultOf(code, made);
    return text === null ? [] : [{ line, text }];
  });
}

function faultOf(code: string, made: Made): string | null {
  if (/^(create table|alter table)\b/.test(code)) {
    if (/\bautoincrement\b/.test(code)) return "AUTOINCREMENT costs a second row for each insert: leave it out";
    if (/\breferences\b/.test(code))
      return "a foreign key: D1 empties children behind ON DELETE CASCADE when a table is rebuilt, and refuses what a Worker of before writes in another order; leave it out";
  }
  if (/^create table\b/.test(code)) {
    return code.includes("__new_")
      ? "a table is rebuilt, which costs rows on D1: add a column or a table instead"
      : null;
  }
  if (/^create (unique )?index\b/.test(code)) return faultOfIndex(code, made);
  if (/^alter table \S+ add\b/.test(code)) return faultOfColumn(code);
  if (/^update\b/.test(code)) return faultOfUpdate(code, made);
  if (/^insert into\b/.test(code)) return faultOfInsert(code, made);
  return faultOfOther(code);
}

function faultOfIndex(code: string, made: Made): string | null {
  const table = / on (\w+)/.exec(code)?.[1] ?? "";
  if (!code.startsWith("create unique") || made.tables.has(table)) return null;
  return `what is there in ${table} need not be unique, nor what a Worker of before writes: a unique index goes with a new table alone`;
}

function faultOfColumn(code: string): string | null {
  if (!/\bnot null\b/.test(code)) return null;
  const value = /\bdefault (\S+)/.exec(code)?.[1];
  if (value !== undefined && value !== "null") return null;
  return "a column that is NOT NULL without a DEFAULT: rows that are there, and a Worker of before, have none";
}

function faultOfUpdate(code: string, made: Made): string | null {
  const [, table = "", values = ""] = /^update (\w+) set (.*?)( where |$)/.exec(code) ?? [];
  const old = [...values.matchAll(/(?:^|, ?)(\w+) ?=/g)].find(
    ([, column = ""]) => !made.tables.has(table) && !made.columns.has(`${table}.${column}`),
  );
  if (old === undefined && values !== "") return null;
  return `rows that are there are changed: only columns that this migration adds may be filled`;
}

function faultOfInsert(code: string, made: Made): string | null {
  const table = /^insert into (\w+)/.exec(code)?.[1] ?? "";
  return made.tables.has(table) ? null : `rows are put into ${table}, which a Worker of before reads`;
}

/** Nothing of this is let through; the words say why, where it is known. */
function faultOfOther(code: string): string {
  if (code.startsWith("drop table")) return "a table is dropped: its rows are gone, and a Worker of before needs it";
  if (/^alter table\b.*\b(rename|drop)\b/.test(code) || code.startsWith("drop "))
    return "a Worker of before, which runs on for a while, needs what is dropped or renamed";
  if (/^(delete|replace|insert or)\b/.test(code)) return "rows are deleted, or written over";
  if (code.startsWith("pragma")) return "a pragma, as a rebuild of a table needs it";
  return "expected create table, create index, alter table … add, or values for what these add";
}

function madeBy(statements: readonly Statement[]): Made {
  const tables = statements.flatMap(({ code }) => /^create table (?:if not exists )?(\w+)/.exec(code)?.[1] ?? []);
  const columns = statements.flatMap(({ code }) => {
    const [, table, column] = /^alter table (\w+) add (?:column )?(\w+)/.exec(code) ?? [];
    return table === undefined ? [] : [`${table}.${column}`];
  });
  return { tables: new Set(tables), columns: new Set(columns) };
}

/** Each statement with the line on which it begins. */
function statementsOf(sql: string): Statement[] {
  const blank = (text: string) => text.replaceAll(/[^\n]/g, " ");
  const bare = sql
    .replaceAll(/'(?:[^']|'')*'/g, (literal) => `'${blank(literal.slice(1, -1)).replaceAll(" ", "x")}'`)
    .replaceAll(/--.*$/gm, blank)
    .replaceAll(/\/\*[^]*?\*\//g, blank);
  let before = "";
  return bare.split(";").flatMap((text) => {
    const line = (before + (/^\s*/.exec(text)?.[0] ?? "")).split("\n").length;
    before += text;
    const code = text
      .replaceAll(/[`"[\]]/g, "")
      .replaceAll(/\s+/g, " ")
      .trim()
      .toLowerCase();
    return code === "" ? [] : [{ line, code }];
  });
}
