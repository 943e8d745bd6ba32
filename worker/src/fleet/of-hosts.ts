import { type Column, eq, inArray, type SQL, sql } from "drizzle-orm";

/** Ids in one bound value: D1 takes 100 of them. */
export function among(column: Column, ids: readonly string[]): SQL {
  return inArray(column, sql`(select value from json_each(${JSON.stringify(ids)}))`);
}

/**
 * That a row is an organization's. `found`: it is found by something else, of which there is less; the plus keeps SQLite from going through
 * all that the organization has.
 */
export function isOf(column: Column, organizationId: string, found: boolean): SQL {
  return found ? sql`+${column} = ${organizationId}` : eq(column, organizationId);
}
