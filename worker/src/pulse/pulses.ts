import { drizzle } from "drizzle-orm/d1";
import { sql } from "drizzle-orm";
import { workerPulse } from "../db/alert-schema.ts";
import type { Pulse } from "./core/health.ts";

/** What leaves a pulse. */
export type PulseName = "upkeep" | "queue" | "heartbeats";

/** Writes down that it happened; one that is older than what is there changes nothing. One row written. */
export async function leavePulse(d1: D1Database, name: PulseName, { atMs, lagMs }: Pulse): Promise<void> {
  await drizzle(d1)
    .insert(workerPulse)
    .values({ name, atMs, lagMs })
    .onConflictDoUpdate({
      target: workerPulse.name,
      set: { atMs, lagMs },
      setWhere: sql`${workerPulse.atMs} <= ${atMs}`,
    });
}

/** All that were left, by name. */
export async function readPulses(d1: D1Database): Promise<ReadonlyMap<string, Pulse>> {
  const rows = await drizzle(d1).select().from(workerPulse);
  return new Map(rows.map(({ name, ...pulse }) => [name, pulse]));
}
