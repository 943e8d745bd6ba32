import type { Env } from "../env.ts";
import { carryOutMoves } from "../fleet/move.ts";
import { callDueHeartbeats } from "../heartbeats/call-due.ts";
import { leavePulse } from "../pulse/pulses.ts";
import { sendQueuePulse } from "../pulse/queue-pulse.ts";
import { removeGone } from "../retention/gone.ts";
import { removeOld } from "../retention/remove-old.ts";
import { foldDays } from "../uptime/fold-days.ts";
import { isDue } from "./core/turn.ts";
import { removeExpiredSignIns } from "./expired-sign-ins.ts";
import { mendLostAlarms, mendLostAlarmsOfCells } from "./lost-alarms.ts";
import { continueMaintenance } from "./maintenance.ts";
import { reconcileFleets } from "./reconciliation.ts";

/**
 * What is done by the clock, and not because somebody asked. A job does a bounded piece of its work in a run and goes on with
 * the next run, from what is in the database: a run may be missed, come twice, or begin while another one is at it.
 */
export interface Job {
  name: string;
  /** A run every so many minutes of the clock; a day at most. */
  everyMinutes: number;
  /** It waits for answers of others, and so runs beside the rest, which waits for nobody. */
  isBeside?: true;
  /** Answers what it did, for the log, or null where there was nothing to do. */
  run: (env: Env, nowMs: number) => Promise<string | null>;
}

/** Every job there is. A new one is a line here. */
export const JOBS: readonly Job[] = [
  { name: "heartbeats out", everyMinutes: 1, isBeside: true, run: callDueHeartbeats },
  { name: "pulse of the queue", everyMinutes: 2, run: sendQueuePulse },
  { name: "expired sign-ins", everyMinutes: 1, run: (env, nowMs) => removeExpiredSignIns(env.DB, nowMs) },
  // Each minute another part of them: each Fleet once an hour.
  { name: "lost alarms", everyMinutes: 1, run: mendLostAlarms },
  { name: "lost alarms of cells", everyMinutes: 1, run: mendLostAlarmsOfCells },
  { name: "moves", everyMinutes: 1, run: carryOutMoves },
  { name: "reconciliation", everyMinutes: 1, run: reconcileFleets },
  { name: "maintenance", everyMinutes: 5, run: continueMaintenance },
  { name: "days", everyMinutes: 5, run: (env, nowMs) => foldDays(env.DB, nowMs) },
  { name: "retention", everyMinutes: 15, run: (env, nowMs) => removeOld(env.DB, nowMs) },
  { name: "those that are gone", everyMinutes: 60, run: (env, nowMs) => removeGone(env.DB, nowMs) },
];

/**
 * Runs the jobs that are due, one after the other, and leaves word that they came to their end. One that fails is logged, and keeps no other from
 * its turn.
 */
export async function runUpkeep(env: Env, nowMs: number, jobs: readonly Job[] = JOBS): Promise<void> {
  const due = jobs.filter(({ everyMinutes }) => isDue(everyMinutes, nowMs));
  const beside = due.filter(({ isBeside }) => isBeside === true).map((job) => runJob(env, nowMs, job));
  for (const job of due) if (job.isBeside !== true) await runJob(env, nowMs, job);
  await runJob(env, nowMs, ENDED);
  await Promise.all(beside);
}

/** The last of all: `/healthz` goes by it. */
const ENDED: Job = {
  name: "pulse",
  everyMinutes: 1,
  run: async (env, nowMs) => {
    const atMs = Date.now();
    await leavePulse(env.DB, "upkeep", { atMs, lagMs: Math.max(0, atMs - nowMs) });
    return null;
  },
};

async function runJob(env: Env, nowMs: number, { name, everyMinutes, run }: Job): Promise<void> {
  try {
    const done = await run(env, nowMs);
    if (done !== null) console.log(`upkeep, ${name}: ${done}`);
  } catch (error) {
    console.error(`upkeep, ${name}: it failed, and is tried again within ${everyMinutes} min`, error);
  }
}
