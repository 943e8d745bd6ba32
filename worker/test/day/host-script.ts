import { oneOf } from "../../../test/behaviours/random.ts";
import { between, MIN, nap, type Random, S } from "./chance.ts";
import type { Absence, AbsenceKind, Happening, HappeningKind, HostScript } from "./script.ts";
import { everOf, firstSpanOf, type Span, type Work, workOf } from "./work.ts";

/** What some hosts are known for, whatever chance has for the others: in each organization one of each. */
export const ROLES = ["laptop", "flapping", "cloned", "overdue", "maintained", "worked-on", "http"] as const;
export type Role = (typeof ROLES)[number];

/** A day of one host. */
export function hostOf(
  random: Random,
  { index, organization, fleet, role }: { index: number; organization: number; fleet: number; role: Role | null },
  lengthMs: number,
): HostScript {
  const isLate = role === null && random() < 0.03;
  const addedMs = isLate ? between(random, 20 * MIN, lengthMs / 2) : between(random, 0, 5 * MIN);
  const revokedMs = role === null && random() < 0.02 ? between(random, lengthMs / 2, lengthMs) : null;
  let absences = absencesOf(random, addedMs + 10 * MIN, lengthMs);
  if (role === "flapping") absences = flapping(random, absences, lengthMs);
  if (role === "overdue") absences = overdue(random, absences, lengthMs);
  const names = ["web", "api", "worker"].slice(0, 1 + Math.floor(random() * 3));
  const works: Work[] = [];
  if (role === "maintained" || role === "worked-on")
    works.push(workOf(random, role === "maintained" ? null : "web", lengthMs));
  if (role === "maintained")
    for (const work of works) absences = insert(absences, [maintained(random, firstSpanOf(work))], everOf(work));
  const services = Object.fromEntries(
    names.map((name) => [name, happeningsOf(random, addedMs + 3 * MIN, lengthMs, absences)]),
  );
  if (role === "worked-on")
    for (const work of works) services["web"] = workedOn(random, services["web"] ?? [], firstSpanOf(work), absences);
  return {
    ...{ name: `host-${index}`, organization, fleet, addedMs, revokedMs, absences, works, services },
    clockAheadMs: random() < 0.05 ? oneOf([-10 * MIN, 10 * MIN], random) : 0,
    place: Math.floor(random() * 30_000),
    speaks: role === "http" ? "http" : "socket",
    sleeps: role === "laptop",
    offlineAfterMs: random() < 0.05 ? oneOf([75 * S, 5 * MIN], random) : 90 * S,
    clonesMs: role === "http" ? [] : clonesOf(random, role === "cloned", addedMs + MIN, lengthMs),
  };
}

/** A link that goes and comes: several silences within an hour, and nothing else for long before and after. */
function flapping(random: Random, others: readonly Absence[], lengthMs: number): Absence[] {
  const burst: Absence[] = [];
  let atMs = between(random, lengthMs / 4, lengthMs / 2);
  for (let left = 4 + Math.floor(random() * 4); left > 0; left--) {
    const toMs = atMs + between(random, 150 * S, 240 * S);
    burst.push({ kind: "cut", fromMs: atMs, toMs });
    atMs = toMs + between(random, 60 * S, 300 * S);
  }
  return insert(others, burst);
}

/** It says when it will be back, and is late. */
function overdue(random: Random, others: readonly Absence[], lengthMs: number): Absence[] {
  const fromMs = between(random, lengthMs / 4, lengthMs / 2);
  const backWithinMs = between(random, 10 * MIN, 40 * MIN);
  const toMs = fromMs + backWithinMs + between(random, 5 * MIN, 40 * MIN);
  return insert(others, [{ kind: "planned", fromMs, toMs, backWithinMs }]);
}

/** It is off while somebody works on it: back in time, or not. */
function maintained(random: Random, { fromMs, toMs }: Span): Absence {
  const backMs = random() < 0.5 ? toMs - between(random, MIN, 10 * MIN) : toMs + between(random, 3 * MIN, 20 * MIN);
  return { kind: "off", fromMs: fromMs + MIN, toMs: backMs };
}

/** One is over before the work on its service is, and one is not. */
function workedOn(
  random: Random,
  others: readonly Happening[],
  { fromMs, toMs }: Span,
  absences: readonly Absence[],
): Happening[] {
  const kinds = ["loop", "regressed", "ended", "port-conflict"] as const;
  const own: Happening[] = [
    { kind: oneOf(kinds, random), fromMs: fromMs + MIN, toMs: fromMs + between(random, 2 * MIN, 5 * MIN) },
    { kind: oneOf(kinds, random), fromMs: toMs - 6 * MIN, toMs: toMs + between(random, 2 * MIN, 30 * MIN) },
  ];
  const apart = others.filter((other) => other.toMs < fromMs - 5 * MIN || other.fromMs > toMs + 35 * MIN);
  return [...apart, ...own.filter((each) => !isStill(each, absences))].sort((a, b) => a.fromMs - b.fromMs);
}

/** `around`: what else is to be kept free of others. */
function insert(others: readonly Absence[], own: readonly Absence[], around?: Span): Absence[] {
  const all = [...own, ...(around === undefined ? [] : [around])];
  const fromMs = Math.min(...all.map((each) => each.fromMs)) - 70 * MIN;
  const toMs = Math.max(...all.map((each) => each.toMs)) + 70 * MIN;
  const apart = others.filter((other) => other.toMs < fromMs || other.fromMs > toMs);
  return [...apart, ...own].sort((a, b) => a.fromMs - b.fromMs);
}

/** A second machine tries again and again, or once. */
function clonesOf(random: Random, isLasting: boolean, fromMs: number, lengthMs: number): number[] {
  if (!isLasting) return random() < 0.03 ? [between(random, fromMs, lengthMs)] : [];
  const firstMs = between(random, fromMs, lengthMs / 2);
  return Array.from({ length: 2 + Math.floor(random() * 12) }, (_, index) => firstMs + index * CLONE_AGAIN_MS);
}

/** Agents that are refused try so often, more or less. */
const CLONE_AGAIN_MS = 290 * S;

/** Kinds of absences, each so often among these, with how long they last. */
const ABSENCES: readonly [AbsenceKind, number, number][] = [
  ...Array.from({ length: 4 }, (): [AbsenceKind, number, number] => ["cut", S, 50 * S]),
  ...Array.from({ length: 3 }, (): [AbsenceKind, number, number] => ["swallowed", 10 * S, 50 * S]),
  // Around the deadline.
  ["cut", 80 * S, 100 * S],
  ["swallowed", 60 * S, 100 * S],
  ["cut", 3 * MIN, 70 * MIN],
  ["swallowed", 3 * MIN, 70 * MIN],
  ["off", 60 * S, 10 * MIN],
  ["off", 10 * MIN, 10 * 60 * MIN],
  ["planned", MIN, 3 * 60 * MIN],
  ["update", S, 6 * S],
  ["asleep", 10 * S, 8 * 60 * MIN],
];

function absencesOf(random: Random, fromMs: number, lengthMs: number): Absence[] {
  const absences: Absence[] = [];
  for (let atMs = fromMs + nap(random, 5 * 60 * MIN); atMs < lengthMs;) {
    const [kind, least, most] = oneOf(ABSENCES, random);
    const lastsMs = between(random, least, most);
    const toMs = atMs + lastsMs;
    const isDated = kind === "planned" && random() < 0.5;
    const dated = isDated ? { backWithinMs: Math.max(MIN, between(random, lastsMs / 2, 3 * lastsMs)) } : {};
    absences.push({ kind, fromMs: atMs, toMs, ...dated });
    atMs = toMs + 10 * MIN + nap(random, 5 * 60 * MIN);
  }
  return absences;
}

const HAPPENINGS: readonly [HappeningKind, number, number][] = [
  ...Array.from({ length: 5 }, (): [HappeningKind, number, number] => ["crash", S, 20 * S]),
  ["loop", 10 * S, 60 * MIN],
  ["loop", MIN, 10 * MIN],
  ["regressed", 20 * S, 30 * MIN],
  ["unproven", MIN, 60 * MIN],
  ["ended", 10 * S, 60 * MIN],
  ["failing", 10 * S, 10 * MIN],
  ["paused", MIN, 120 * MIN],
  ["port-conflict", 20 * S, 20 * MIN],
];

function happeningsOf(random: Random, fromMs: number, lengthMs: number, absences: readonly Absence[]): Happening[] {
  const happenings: Happening[] = [];
  for (let atMs = fromMs + nap(random, 3 * 60 * MIN); atMs < lengthMs;) {
    const [kind, least, most] = oneOf(HAPPENINGS, random);
    const toMs = atMs + between(random, least, most);
    const happening = { kind, fromMs: atMs, toMs };
    if (!isStill(happening, absences)) happenings.push(happening);
    atMs = toMs + 2 * MIN + nap(random, 3 * 60 * MIN);
  }
  return happenings;
}

/** Where the machine does not run, nothing happens on it. */
function isStill({ fromMs, toMs }: Happening, absences: readonly Absence[]): boolean {
  return absences.some(
    (absence) => isStandstill(absence) && absence.fromMs < toMs + MIN && absence.toMs > fromMs - MIN,
  );
}

/** Does the machine, or the agent on it, stand still meanwhile? */
export function isStandstill({ kind }: Absence): boolean {
  return kind === "off" || kind === "asleep" || kind === "planned" || kind === "update";
}
