import { civilDay, DAY_MS } from "@afloat/shared/core/moment";
import type { MaintenanceScope } from "../../db/maintenance-schema.ts";
import { parseCovered, type Coverable } from "./covered.ts";
import { type Recurrence, REPEATS, type Repeats } from "./recurrence.ts";
import { isTimeZone, momentsAt, parseWall, type WallMs } from "./zone.ts";

/** What a person typed, as it was typed: it is shown again with what is wrong in it. */
export interface Typed {
  title: string;
  note: string;
  /** `2026-11-28T02:30`, by the clocks of `zone`. */
  starts: string;
  ends: string;
  zone: string;
  /** `never`, or how it comes again. */
  repeats: string;
  /** The last day of a series, `2027-06-30`; empty for no end. */
  until: string;
  /** `all`, or `chosen`: then `covers` says what. */
  what: string;
  covers: string;
}

/** What is wrong, by field, each with what to write instead. */
export type Faults = Partial<Record<keyof Typed, string>>;

/** Maintenance as somebody wants it announced. */
export interface Wanted {
  title: string;
  note: string;
  timeZone: string;
  scope: MaintenanceScope;
  /** Of a series: the first. */
  startsMs: number;
  endsMs: number;
  /** Null where it comes once. */
  recurrence: Recurrence | null;
}

export const TITLE_LIMIT = 120;
export const NOTE_LIMIT = 1000;
/** What is older has no flips any more from which its days could be counted again (retention/core/retention.ts), days. */
const BACK_DAYS = 35;
const AHEAD_DAYS = 800;
const LONGEST_DAYS: Record<Repeats | "never", number> = {
  ...{ never: 60, daily: 1, weekly: 7, fortnightly: 14, "monthly-day": 28, "monthly-weekday": 28 },
};

/** What somebody typed, understood; or everything that is wrong with it at once. */
export function parseWanted(
  typed: Typed,
  known: Coverable,
  nowMs: number,
): { kind: "wanted"; wanted: Wanted } | { kind: "faults"; faults: Faults } {
  const faults: Faults = {};
  const title = typed.title.trim();
  const note = typed.note.trim();
  if (title.length === 0 || title.length > TITLE_LIMIT)
    faults.title = `expected a title of 1 to ${TITLE_LIMIT} characters, got ${title.length}`;
  if (note.length > NOTE_LIMIT) faults.note = `expected at most ${NOTE_LIMIT} characters, got ${note.length}`;
  const covered = parseCovered(typed, known);
  if (covered.kind === "fault") faults.covers = covered.text;
  const times = parseTimes(typed, faults, nowMs);
  if (times === null || covered.kind === "fault" || Object.keys(faults).length > 0) return { kind: "faults", faults };
  return { kind: "wanted", wanted: { title, note, timeZone: typed.zone.trim(), scope: covered.scope, ...times } };
}

/** `28 March 2027, 02:30` */
export function wallWords(wallMs: WallMs): string {
  const { year, month, day } = civilDay(Math.floor(wallMs / DAY_MS));
  const minutes = Math.floor((wallMs - Math.floor(wallMs / DAY_MS) * DAY_MS) / 60_000);
  const clock = [Math.floor(minutes / 60), minutes % 60].map((n) => String(n).padStart(2, "0")).join(":");
  return `${day} ${MONTHS[month - 1] ?? ""} ${year}, ${clock}`;
}

const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];

type Times = Pick<Wanted, "startsMs" | "endsMs" | "recurrence">;

function parseTimes(typed: Typed, faults: Faults, nowMs: number): Times | null {
  const zone = typed.zone.trim();
  if (!isTimeZone(zone)) faults.zone = `expected a time zone such as Europe/Zurich or UTC, got \`${zone}\``;
  const repeats = [...REPEATS, "never" as const].find((each) => each === typed.repeats);
  if (repeats === undefined) faults.repeats = `expected never, ${REPEATS.join(", ")}, got \`${typed.repeats}\``;
  const startsWallMs = parseWall(typed.starts);
  const endsWallMs = parseWall(typed.ends);
  if (startsWallMs === null) faults.starts = expectedMoment(typed.starts);
  if (endsWallMs === null) faults.ends = expectedMoment(typed.ends);
  if (faults.zone !== undefined || repeats === undefined || startsWallMs === null || endsWallMs === null) return null;
  const walls = { startsWallMs, endsWallMs, zone };
  const times = repeats === "never" ? once(walls, faults) : series(walls, repeats, typed.until, faults, nowMs);
  if (times === null) return null;
  checkLength(times, repeats, faults, nowMs);
  return times;
}

interface Walls {
  startsWallMs: WallMs;
  endsWallMs: WallMs;
  zone: string;
}

/** Of a time that comes twice that night, the first begins it and the second ends it. */
function once({ startsWallMs, endsWallMs, zone }: Walls, faults: Faults): Times | null {
  const startsMs = momentsAt(startsWallMs, zone).at(0);
  const endsMs = momentsAt(endsWallMs, zone).at(-1);
  if (startsMs === undefined) faults.starts = leftOut(startsWallMs, zone);
  if (endsMs === undefined) faults.ends = leftOut(endsWallMs, zone);
  return startsMs === undefined || endsMs === undefined ? null : { startsMs, endsMs, recurrence: null };
}

function series(
  { startsWallMs, endsWallMs, zone: timeZone }: Walls,
  repeats: Repeats,
  until: string,
  faults: Faults,
  nowMs: number,
): Times | null {
  const untilWallMs = until.trim() === "" ? null : parseWall(`${until.trim()}T00:00`);
  if (until.trim() !== "" && untilWallMs === null) faults.until = `expected a day such as 2027-06-30, got \`${until}\``;
  const startsMs = momentsAt(startsWallMs, timeZone).at(0);
  // The times that follow are by its clock; the first of all is to be a real one.
  if (startsMs === undefined) faults.starts = leftOut(startsWallMs, timeZone);
  if (untilWallMs !== null && untilWallMs < Math.floor(startsWallMs / DAY_MS) * DAY_MS)
    faults.until = `expected a day that is not before the first, got ${until}`;
  if (untilWallMs !== null && untilWallMs < nowMs - 2 * DAY_MS) faults.until = `expected a day to come, got ${until}`;
  if (startsMs === undefined) return null;
  const lengthMs = endsWallMs - startsWallMs;
  return {
    ...{ startsMs, endsMs: startsMs + lengthMs },
    recurrence: { startsWallMs, timeZone, lengthMs, repeats, untilWallMs },
  };
}

function checkLength(
  { startsMs, endsMs, recurrence }: Times,
  repeats: Repeats | "never",
  faults: Faults,
  nowMs: number,
): void {
  const longestDays = LONGEST_DAYS[repeats];
  if (endsMs <= startsMs) faults.ends = "expected an end after the start";
  else if (endsMs - startsMs > longestDays * DAY_MS)
    faults.ends = `expected an end at most ${longestDays} ${longestDays === 1 ? "day" : "days"} after the start, since ${repeats === "never" ? "what lasts longer is no maintenance" : "it comes again then"}`;
  if (startsMs > nowMs + AHEAD_DAYS * DAY_MS) faults.starts = `expected a start within ${AHEAD_DAYS} days`;
  if (recurrence === null && startsMs < nowMs - BACK_DAYS * DAY_MS)
    faults.starts = `expected a start at most ${BACK_DAYS} days ago: days before that are counted for good`;
}

function expectedMoment(got: string): string {
  return `expected a day and time such as 2026-11-28T02:30${got === "" ? "" : `, got \`${got}\``}`;
}

function leftOut(wallMs: WallMs, zone: string): string {
  return `there is no ${wallWords(wallMs)} in ${zone}: the clock is put forward over it; take a time before or after`;
}
