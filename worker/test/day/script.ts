import { oneOf, randomFrom } from "../../../test/behaviours/random.ts";
import { between, MIN, type Random, S } from "./chance.ts";
import { isAnyAway, isWithin } from "./away.ts";
import { hostOf, ROLES } from "./host-script.ts";
import { everOf, sayable, type Work } from "./work.ts";

/**
 * A day of a fleet as data: it can be printed, shrunk, and lived through again. Times are milliseconds since it began, in whole
 * seconds, so that what happens at once is one moment.
 */
export interface Script {
  lengthMs: number;
  /** Fleets that organizations share; each has one of its own with 0. */
  cells: number;
  hosts: HostScript[];
  ours: Ours[];
}

export interface HostScript {
  name: string;
  /** Its organization, by number, and the Fleet that this is with. */
  organization: number;
  fleet: number;
  /** How far its clock is ahead of ours. */
  clockAheadMs: number;
  addedMs: number;
  revokedMs: number | null;
  /** The way by which it reaches us; where no socket passes it posts, heartbeats too. */
  speaks: "socket" | "http";
  /** What decides how soon it is back after we dropped it. */
  place: number;
  /** A laptop, by its own configuration. */
  sleeps: boolean;
  offlineAfterMs: number;
  /** In order, and apart from each other. */
  absences: Absence[];
  works: Work[];
  /** By service; of each in order, and apart from each other. */
  services: Record<string, Happening[]>;
  /** When a second machine tries to come in with its credential. */
  clonesMs: number[];
}

/**
 * `cut`: its network goes, and we see the connection end. `swallowed`: it goes, and nobody tells us. `off`: the machine loses its power.
 * `asleep`: it stands still, and goes on. `planned`: it says goodbye. `site`: swallowed, together with others. `update`: its agent is
 * replaced by a newer one, and says nothing of it.
 */
export type AbsenceKind = "cut" | "swallowed" | "off" | "asleep" | "planned" | "site" | "update";

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

/** What happens to ourselves. Without a Fleet it happens to all. */
export type Ours =
  /** Put out of memory; sockets stay. */
  | { kind: "eviction"; fleet: number; atMs: number }
  /** A deploy or an update of the runtime: every socket is dropped at once. */
  | { kind: "deploy"; fleet: number; atMs: number }
  /** The organizations of a Fleet are moved to another place: every socket is dropped, and deadlines count anew. */
  | { kind: "move"; fleet: number; atMs: number }
  | { kind: "doubled-alarm"; fleet: number; atMs: number }
  | { kind: "late-alarm"; fleet: number; fromMs: number; toMs: number }
  /** The alarm that is set is lost; once an hour somebody looks. */
  | { kind: "lost-alarm"; fleet: number; fromMs: number; toMs: number }
  /** Nobody reaches us, and no alarm rings. */
  | { kind: "cloud-away"; fromMs: number; toMs: number }
  | { kind: "d1-away"; fromMs: number; toMs: number };

export interface DayOptions {
  seed: number;
  hosts: number;
  organizations: number;
  hours: number;
  cells: number;
}

/** Each Fleet is asked so often by the cron whether its alarm is set. */
export const HOUR_MS = 60 * MIN;

/** So many at most: each heartbeat by HTTP is a moment of the day, 2,880 of each host. */
const HTTP_HOSTS = 4;

/** In large organizations several hosts are known for the same. */
const ROLE_CHANCE = 0.03;

/** The same day for the same seed. */
export function scriptOf({ seed, hosts, organizations, hours, cells }: DayOptions): Script {
  const random = randomFrom(seed);
  const lengthMs = hours * 60 * MIN;
  const fleets = cells === 0 ? organizations : cells;
  let posting = 0;
  const all = Array.from({ length: hosts }, (_, index) => {
    const organization = index % organizations;
    const some = ROLES[Math.floor(index / organizations)] ?? (random() < ROLE_CHANCE ? oneOf(ROLES, random) : null);
    const role = some === "http" && ++posting > HTTP_HOSTS ? null : some;
    return hostOf(random, { index, organization, fleet: organization % fleets, role }, lengthMs);
  });
  const ours = oursOf(random, fleets, lengthMs);
  for (const host of all) if (host.revokedMs !== null && isAnyAway(ours, host.revokedMs)) host.revokedMs = null;
  for (const host of all) host.works = host.works.map((work) => sayable(work, ours));
  const someTime = () => between(random, 30 * MIN, lengthMs - 50 * MIN);
  for (let organization = 0; organization < organizations; organization++) {
    // At least one loses its site for so long that it has to be told, and while nothing happens to ourselves.
    if (organization === 0) {
      const fromMs = Array.from({ length: 50 }, someTime).find((atMs) => isCalm(ours, 0, atMs)) ?? someTime();
      loseSite(random, all, { organization, fromMs, leastMs: 5 * MIN });
    } else if (random() < 0.5) loseSite(random, all, { organization, fromMs: someTime(), leastMs: 20 * S });
  }
  return { lengthMs, cells, hosts: all, ours };
}

/** Does nothing happen to this Fleet around this time that would matter to a site that is lost? */
function isCalm(ours: readonly Ours[], fleet: number, atMs: number): boolean {
  return ours.every((each) => {
    if (each.kind === "eviction" || each.kind === "doubled-alarm") return true;
    if ("fleet" in each && each.fleet !== fleet) return true;
    const [fromMs, toMs] = "atMs" in each ? [each.atMs, each.atMs] : [each.fromMs, each.toMs];
    return toMs < atMs - 4 * MIN || fromMs > atMs + 8 * MIN;
  });
}

/** Most of an organization's hosts are in one place, and it loses its network. */
function loseSite(
  random: Random,
  all: readonly HostScript[],
  { organization, fromMs, leastMs }: { organization: number; fromMs: number; leastMs: number },
): void {
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
    const isMaintained = host.works
      .filter(({ service }) => service === null)
      .map(everOf)
      .some((each) => each.fromMs < toMs + 20 * MIN && each.toMs > fromMs - 20 * MIN);
    if (isFree && !isMaintained) host.absences = [...host.absences, absence].sort((a, b) => a.fromMs - b.fromMs);
  }
}

function oursOf(random: Random, fleets: number, lengthMs: number): Ours[] {
  const ours: Ours[] = [];
  const some = (perDay: number) => Math.max(1, Math.round((perDay * lengthMs) / (24 * 60 * MIN)));
  const times = (perDay: number) => Array.from({ length: some(perDay) }, () => between(random, 10 * MIN, lengthMs));
  for (let fleet = 0; fleet < fleets; fleet++) {
    for (const atMs of times(20)) ours.push({ kind: "eviction", fleet, atMs });
    for (const atMs of times(6)) ours.push({ kind: "doubled-alarm", fleet, atMs });
    for (const atMs of times(2)) ours.push({ kind: "deploy", fleet, atMs });
    for (const fromMs of times(4)) {
      ours.push({ kind: "late-alarm", fleet, fromMs, toMs: fromMs + between(random, S, 70 * S) });
    }
  }
  for (const fromMs of times(3)) ours.push({ kind: "d1-away", fromMs, toMs: fromMs + between(random, 5 * S, 8 * MIN) });
  for (const fromMs of times(2))
    ours.push({ kind: "cloud-away", fromMs, toMs: fromMs + between(random, 10 * S, 10 * MIN) });
  for (let left = some(fleets / 2); left > 0; left--) {
    const fromMs = between(random, 10 * MIN, lengthMs);
    const fleet = fleets - 1 - (left % fleets);
    ours.push({ kind: "lost-alarm", fleet, fromMs, toMs: Math.ceil(fromMs / HOUR_MS) * HOUR_MS });
  }
  // Where nobody reaches us, and no alarm rings, nothing else happens to us.
  const awake = ours.filter((each) => {
    const atMs = "atMs" in each ? each.atMs : each.fromMs;
    return !("fleet" in each) || !ours.some((other) => other.kind === "cloud-away" && isWithin(other, atMs));
  });
  for (let fleet = 0; fleet < fleets; fleet++) {
    const at = Array.from({ length: 50 }, () => between(random, 20 * MIN, lengthMs));
    const atMs = at.find((each) => isCalm(awake, fleet, each));
    if (atMs !== undefined && random() < 0.5) awake.push({ kind: "move", fleet, atMs });
  }
  return awake;
}
