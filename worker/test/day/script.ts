import { oneOf, randomFrom } from "../../../test/behaviours/random.ts";

/**
 * A day of a fleet as data: it can be printed, shrunk, and lived through again. Times are milliseconds since it began, in whole
 * seconds, so that what happens at once is one moment.
 */
export interface Script {
  lengthMs: number;
  hosts: HostScript[];
  ours: Ours[];
}

export interface HostScript {
  name: string;
  /** Its organization, by number. */
  organization: number;
  /** How far its clock is ahead of ours. */
  clockAheadMs: number;
  addedMs: number;
  revokedMs: number | null;
  /** What decides how soon it is back after we dropped it. */
  place: number;
  /** A laptop, by its own configuration. */
  sleeps: boolean;
  offlineAfterMs: number;
  /** In order, and apart from each other. */
  absences: Absence[];
  /** By service; of each in order, and apart from each other. */
  services: Record<string, Happening[]>;
  /** When a second machine tries to come in with its credential. */
  clonesMs: number[];
}

/**
 * `cut`: its network goes, and we see the connection end. `swallowed`: it goes, and nobody tells us. `off`: the machine loses its power.
 * `asleep`: it stands still, and goes on. `planned`: it says goodbye. `site`: swallowed, together with others.
 */
export type AbsenceKind = "cut" | "swallowed" | "off" | "asleep" | "planned" | "site";

/** From `fromMs` on it is not heard; at `toMs` it says hello again, if we are there. */
export interface Absence {
  kind: AbsenceKind;
  fromMs: number;
  toMs: number;
  /** Of a planned one: it said to be back within so long. */
  backWithinMs?: number;
}

/** What happens to a service from `fromMs` until it is healthy again. */
export interface Happening {
  kind: HappeningKind;
  fromMs: number;
  toMs: number;
}

export type HappeningKind =
  | "crash"
  | "loop"
  | "regressed"
  | "unproven"
  | "ended"
  | "failing"
  | "paused"
  | "port-conflict";

/** What happens to ourselves. Without an organization it happens to all. */
export type Ours =
  /** Put out of memory; sockets stay. */
  | { kind: "eviction"; organization: number; atMs: number }
  /** A deploy or an update of the runtime: every socket is dropped at once. */
  | { kind: "deploy"; organization: number; atMs: number }
  | { kind: "doubled-alarm"; organization: number; atMs: number }
  | { kind: "late-alarm"; organization: number; fromMs: number; toMs: number }
  /** Nobody reaches us, and no alarm rings. */
  | { kind: "cloud-away"; fromMs: number; toMs: number }
  | { kind: "d1-away"; fromMs: number; toMs: number };

export interface DayOptions {
  seed: number;
  hosts: number;
  organizations: number;
  hours: number;
}

const S = 1_000;
const MIN = 60 * S;

type Random = () => number;
/** A whole second between two times. */
const between = (random: Random, fromMs: number, toMs: number) =>
  Math.round((fromMs + random() * (toMs - fromMs)) / S) * S;

/** What some hosts are known for, whatever chance has for the others: in each organization one of each. */
const ROLES = ["laptop", "flapping", "cloned", "overdue"] as const;
type Role = (typeof ROLES)[number];
/** In large organizations others have them, too. */
const ROLE_CHANCE = 0.03;

/** The same day for the same seed. */
export function scriptOf({ seed, hosts, organizations, hours }: DayOptions): Script {
  const random = randomFrom(seed);
  const lengthMs = hours * 60 * MIN;
  const all = Array.from({ length: hosts }, (_, index) => {
    const role = ROLES[Math.floor(index / organizations)] ?? (random() < ROLE_CHANCE ? oneOf(ROLES, random) : null);
    return hostOf(random, { index, organization: index % organizations, role }, lengthMs);
  });
  for (let organization = 0; organization < organizations; organization++) {
    // At least one loses its site for so long that it has to be told.
    if (organization === 0) loseSite(random, all, { organization, leastMs: 5 * MIN }, lengthMs);
    else if (random() < 0.5) loseSite(random, all, { organization, leastMs: 20 * S }, lengthMs);
  }
  return { lengthMs, hosts: all, ours: oursOf(random, organizations, lengthMs) };
}

function hostOf(
  random: Random,
  { index, organization, role }: { index: number; organization: number; role: Role | null },
  lengthMs: number,
): HostScript {
  const isLate = role === null && random() < 0.03;
  const addedMs = isLate ? between(random, 20 * MIN, lengthMs / 2) : between(random, 0, 5 * MIN);
  const revokedMs = role === null && random() < 0.02 ? between(random, lengthMs / 2, lengthMs) : null;
  let absences = absencesOf(random, addedMs + 10 * MIN, lengthMs);
  if (role === "flapping") absences = flapping(random, absences, lengthMs);
  if (role === "overdue") absences = overdue(random, absences, lengthMs);
  const names = ["web", "api", "worker"].slice(0, 1 + Math.floor(random() * 3));
  const services = Object.fromEntries(
    names.map((name) => [name, happeningsOf(random, addedMs + 3 * MIN, lengthMs, absences)]),
  );
  return {
    ...{ name: `host-${index}`, organization, addedMs, revokedMs, absences, services },
    clockAheadMs: random() < 0.05 ? oneOf([-10 * MIN, 10 * MIN], random) : 0,
    place: Math.floor(random() * 30_000),
    sleeps: role === "laptop",
    offlineAfterMs: random() < 0.05 ? oneOf([75 * S, 5 * MIN], random) : 90 * S,
    clonesMs: clonesOf(random, role === "cloned", addedMs + MIN, lengthMs),
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

function insert(others: readonly Absence[], own: readonly Absence[]): Absence[] {
  const [fromMs, toMs] = [(own[0]?.fromMs ?? 0) - 70 * MIN, (own.at(-1)?.toMs ?? 0) + 70 * MIN];
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
    // Where the machine does not run, nothing happens on it.
    const isStill = absences.some(
      (absence) => isStandstill(absence) && absence.fromMs < toMs + MIN && absence.toMs > atMs - MIN,
    );
    if (!isStill) happenings.push({ kind, fromMs: atMs, toMs });
    atMs = toMs + 2 * MIN + nap(random, 3 * 60 * MIN);
  }
  return happenings;
}

/** Does the machine, or the agent on it, stand still meanwhile? */
export function isStandstill({ kind }: Absence): boolean {
  return kind === "off" || kind === "asleep" || kind === "planned";
}

/** Most of an organization's hosts are in one place, and it loses its network. */
function loseSite(
  random: Random,
  all: readonly HostScript[],
  { organization, leastMs }: { organization: number; leastMs: number },
  lengthMs: number,
): void {
  const fromMs = between(random, 30 * MIN, lengthMs - 50 * MIN);
  const toMs = fromMs + between(random, leastMs, 40 * MIN);
  for (const host of all) {
    if (host.organization !== organization || random() < 0.2 || host.addedMs > fromMs - MIN) continue;
    const absence: Absence = {
      kind: "site",
      fromMs: fromMs + between(random, 0, 3 * S),
      toMs: toMs + between(random, S, 30 * S),
    };
    const isFree = host.absences.every(
      (other) => other.toMs + MIN < absence.fromMs || other.fromMs > absence.toMs + MIN,
    );
    if (isFree) host.absences = [...host.absences, absence].sort((a, b) => a.fromMs - b.fromMs);
  }
}

function oursOf(random: Random, organizations: number, lengthMs: number): Ours[] {
  const ours: Ours[] = [];
  const some = (perDay: number) => Math.max(1, Math.round((perDay * lengthMs) / (24 * 60 * MIN)));
  const times = (perDay: number) => Array.from({ length: some(perDay) }, () => between(random, 10 * MIN, lengthMs));
  for (let organization = 0; organization < organizations; organization++) {
    for (const atMs of times(20)) ours.push({ kind: "eviction", organization, atMs });
    for (const atMs of times(6)) ours.push({ kind: "doubled-alarm", organization, atMs });
    for (const atMs of times(2)) ours.push({ kind: "deploy", organization, atMs });
    for (const fromMs of times(4)) {
      ours.push({ kind: "late-alarm", organization, fromMs, toMs: fromMs + between(random, S, 70 * S) });
    }
  }
  for (const fromMs of times(3)) ours.push({ kind: "d1-away", fromMs, toMs: fromMs + between(random, 5 * S, 8 * MIN) });
  for (const fromMs of times(2))
    ours.push({ kind: "cloud-away", fromMs, toMs: fromMs + between(random, 10 * S, 10 * MIN) });
  return ours;
}

/** So long until the next time, on average `meanMs`. */
function nap(random: Random, meanMs: number): number {
  return Math.round((-Math.log(1 - random()) * meanMs) / S) * S;
}
