import { DAY_MS } from "@afloat/shared/core/moment";
import type { MaintenanceScope } from "../../db/maintenance-schema.ts";
import { coveredNames, type Coverable } from "./covered.ts";
import { dateOf, type Recurrence } from "./recurrence.ts";
import type { Typed } from "./wanted.ts";
import { type WallMs, wallAt } from "./zone.ts";

interface Said {
  title: string;
  note: string;
  timeZone: string;
  scope: MaintenanceScope;
}

/** Maintenance that was announced, as a person would type it. */
export function typedOf(of: Said & { startsMs: number; endsMs: number }, known: Coverable): Typed {
  const { startsMs, endsMs, timeZone } = of;
  const times = { starts: wallText(wallAt(startsMs, timeZone)), ends: wallText(wallAt(endsMs, timeZone)) };
  return { ...saidOf(of, known), ...times, repeats: "never", until: "" };
}

/** The same of one that comes again. */
export function typedOfSeries(of: Said & Recurrence, known: Coverable): Typed {
  const { startsWallMs, lengthMs, repeats, untilWallMs } = of;
  const until = untilWallMs === null ? "" : dateOf(untilWallMs / DAY_MS);
  const times = { starts: wallText(startsWallMs), ends: wallText(startsWallMs + lengthMs) };
  return { ...saidOf(of, known), ...times, repeats, until };
}

function saidOf({ title, note, timeZone: zone, scope }: Said, known: Coverable) {
  return { title, note, zone, what: scope.kind, covers: coveredNames(scope, known).join("\n") };
}

/** As a form has it: `2026-11-28T02:30`. */
export function wallText(wallMs: WallMs): string {
  const day = Math.floor(wallMs / DAY_MS);
  const minutes = Math.floor((wallMs - day * DAY_MS) / 60_000);
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${dateOf(day)}T${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

interface Times {
  timeZone: string;
  startsMs: number;
  endsMs: number;
}

/** The times that are wanted, each as it was where nobody changed it: in the night in which the clock is put back, 02:30 may be either of two. */
export function keptTimes(before: Times, wanted: Times): Pick<Times, "startsMs" | "endsMs"> {
  const isKept = (a: number, b: number) =>
    before.timeZone === wanted.timeZone && wallAt(a, before.timeZone) === wallAt(b, wanted.timeZone);
  return {
    startsMs: isKept(before.startsMs, wanted.startsMs) ? before.startsMs : wanted.startsMs,
    endsMs: isKept(before.endsMs, wanted.endsMs) ? before.endsMs : wanted.endsMs,
  };
}
