import { durationWords } from "@afloat/shared/core/duration";

/** How far a Fleet is behind, milliseconds; 0 where it is not. */
export interface FleetLateness {
  /** Since when its alarm should have rung. */
  alarmMs: number;
  /** For how long the oldest of what hosts told has waited for the database. */
  unrecordedMs: number;
}

/** How far telling is behind, milliseconds; 0 where it is not. */
export interface AlertsLateness {
  alarmMs: number;
  /** For how long the database, or the queue, has taken nothing. */
  unrecordedMs: number;
  /** For how long the oldest message has waited that was never tried, though its channel hears. */
  untriedMs: number;
  /** For how long not one channel has heard what waits for it. */
  deafMs: number;
  /** How many channels are on; absent where that is not known. */
  channels?: number | undefined;
}

/** What was asked of all that an alert goes through, and what it said; `fault`: it did not answer, or refused. */
export interface Chain {
  database: Answer<"takes writes">;
  fleets: Answer<readonly FleetLateness[]>;
  alerts: Answer<AlertsLateness>;
}
export type Answer<T> = { kind: "answer"; said: T } | { kind: "fault"; why: string };

/** An alarm that is so late will not come by itself: deadlines of hosts and reminders hang on it. */
export const ALARM_MS = 2 * 60_000;
/** What is not recorded for so long is told to nobody. */
export const UNRECORDED_MS = 5 * 60_000;
export const UNTRIED_MS = 5 * 60_000;
/** A channel that is away for so long is told through another one; there is none. */
export const DEAF_MS = 10 * 60_000;

/** Why nobody may rely on being told, in words, the gravest first; none where the way of an alert is whole. */
export function faultsOf({ database, fleets, alerts }: Chain): string[] {
  return [
    ...(database.kind === "fault" ? [`the database takes no writes: ${database.why}`] : []),
    ...(fleets.kind === "fault" ? [`the Fleet does not answer: ${fleets.why}`] : worst(fleets.said.map(fleetFaults))),
    ...(alerts.kind === "fault" ? [`alerting does not answer: ${alerts.why}`] : alertsFaults(alerts.said)),
  ];
}

function fleetFaults({ alarmMs, unrecordedMs }: FleetLateness): string[] {
  return [
    ...over(alarmMs, ALARM_MS, (words) => `the Fleet's alarm, which finds silent hosts, is ${words} late`),
    ...over(unrecordedMs, UNRECORDED_MS, (words) => `what hosts told ${words} ago is not in the database yet`),
  ];
}

function alertsFaults({ alarmMs, unrecordedMs, untriedMs, deafMs, channels }: AlertsLateness): string[] {
  return [
    ...(channels === 0 ? ["no channel is on: add one, or switch one on"] : []),
    ...over(alarmMs, ALARM_MS, (words) => `alerting's alarm is ${words} late`),
    ...over(unrecordedMs, UNRECORDED_MS, (words) => `what is to be told has not been taken for ${words}`),
    ...over(untriedMs, UNTRIED_MS, (words) => `a message has waited for ${words} to be tried`),
    ...over(deafMs, DEAF_MS, (words) => `no channel has heard what waits for it for ${words}`),
  ];
}

function over(ms: number, boundMs: number, say: (words: string) => string): string[] {
  return ms > boundMs ? [say(durationWords(ms))] : [];
}

/** Of several Fleets that which is worst off; the same of all of them need not be said again. */
function worst(faults: readonly string[][]): string[] {
  return faults.reduce<string[]>((most, each) => (each.length > most.length ? each : most), []);
}
