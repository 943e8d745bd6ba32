import { isStandstill } from "./host-script.ts";
import type { Absence, AbsenceKind, HostScript, Script } from "./script.ts";

/** A connection of a host, as the script has it: from hello to its end. */
export interface Connection {
  helloMs: number;
  endMs: number;
  /**
   * `cut`: we see it end. `lost`: we do not. `dropped`: by ourselves. `bye`: after a goodbye. `revoked`: so is its credential. `day`: it
   * lasts till the day is over.
   */
  end: "cut" | "lost" | "dropped" | "bye" | "revoked" | "day";
  /** Lives of the agent and starts of the machine before this hello. */
  run: number;
  boot: number;
  /** Since when the agent watches without a pause. */
  watchesFromMs: number;
}

/** Agents ping this often; each at a place of its own. */
const BEAT_MS = 30_000;

/** All connections of a host, oldest first. */
export function connectionsOf(host: HostScript, script: Script): Connection[] {
  const connections: Connection[] = [];
  const life: Life = { run: 0, boot: 0, watchesFromMs: host.addedMs, passed: 0, leftMs: null };
  let atMs = host.addedMs;
  const endMs = Math.min(host.revokedMs ?? Infinity, script.lengthMs);
  for (;;) {
    atMs = reachedMs(host, script, life, atMs);
    if (atMs >= endMs) return connections;
    const absence = host.absences[life.passed];
    const droppedMs = Math.min(...dropsOf(host, script).filter((each) => each > atMs));
    const next = Math.min(absence?.fromMs ?? Infinity, droppedMs, endMs);
    const end = endOf(next, { host, absence, droppedMs, lengthMs: script.lengthMs });
    const isOurs = next === droppedMs && end !== "day" && end !== "revoked";
    const { run, boot, watchesFromMs } = life;
    connections.push({ helloMs: atMs, endMs: next, end, run, boot, watchesFromMs });
    if (next === endMs) return connections;
    life.leftMs = next;
    // An absence is passed in reachedMs.
    atMs = isOurs ? next + backAfterMs(host, next) : next;
  }
}

/** Where we drop it in the very moment in which it wants to go, nothing that it says then reaches us, a goodbye neither. */
function endOf(
  atMs: number,
  {
    host,
    absence,
    droppedMs,
    lengthMs,
  }: { host: HostScript; absence: Absence | undefined; droppedMs: number; lengthMs: number },
): Connection["end"] {
  if (atMs === host.revokedMs) return "revoked";
  if (atMs === lengthMs) return "day";
  const isBye = atMs !== droppedMs && absence?.kind === "planned";
  // Between two posts nothing is there that could be seen to end.
  if (host.speaks === "http") return isBye ? "bye" : "lost";
  return atMs === droppedMs || absence === undefined ? "dropped" : ENDS[absence.kind];
}

const ENDS: Record<AbsenceKind, Connection["end"]> = {
  ...{ cut: "cut", swallowed: "lost", off: "lost", asleep: "lost", site: "lost", planned: "bye", update: "cut" },
};

/** What becomes of a host between its connections. */
interface Life {
  run: number;
  boot: number;
  watchesFromMs: number;
  /** Absences that are behind it. */
  passed: number;
  /** When it was connected last; null: never. */
  leftMs: number | null;
}

/** From `atMs` on: when it gets through, past its own absences and ours. */
function reachedMs(host: HostScript, script: Script, life: Life, atMs: number): number {
  for (;;) {
    const absence = host.absences[life.passed];
    if (absence !== undefined && absence.fromMs <= atMs) {
      life.passed += 1;
      if (absence.kind === "off") life.boot += 1;
      if (absence.kind === "off" || absence.kind === "planned" || absence.kind === "update") life.run += 1;
      if (isStandstill(absence)) life.watchesFromMs = absence.toMs;
      atMs = Math.max(atMs, absence.toMs);
      continue;
    }
    const away = script.ours.find(
      (ours) =>
        (ours.kind === "cloud-away" || (ours.kind === "d1-away" && !isKnown(host, script, life, atMs))) &&
        ours.fromMs <= atMs &&
        atMs < ours.toMs,
    );
    if (away === undefined || !("toMs" in away)) return atMs;
    atMs = away.toMs + backAfterMs(host, away.toMs);
  }
}

/** Has its Fleet it on its disk? Else it has to ask the database, also after a move. */
function isKnown(host: HostScript, { ours }: Script, { leftMs }: Life, atMs: number): boolean {
  if (leftMs === null) return false;
  return !ours.some(
    (each) => each.kind === "move" && each.fleet === host.fleet && leftMs < each.atMs && each.atMs <= atMs,
  );
}

/** When we drop every socket of its organization; posts are missed only where nobody reaches us. */
function dropsOf(host: HostScript, { ours }: Script): number[] {
  return ours.flatMap((each) => {
    if (each.kind === "cloud-away") return [each.fromMs];
    if (host.speaks === "http" || (each.kind !== "deploy" && each.kind !== "move")) return [];
    return each.fleet === host.fleet ? [each.atMs] : [];
  });
}

/** Full jitter: most are back at once, some take a minute. In whole seconds. */
function backAfterMs({ place }: HostScript, droppedMs: number): number {
  const chance = ((place * 7919 + droppedMs / 1_000) % 997) / 997;
  return 1_000 + Math.floor(chance ** 4 * 60) * 1_000;
}

/** The last ping of a connection at `nowMs`, by which it may have ended; null before its first. */
export function pingedMs({ place }: HostScript, { helloMs, endMs, end }: Connection, nowMs: number): number | null {
  // A ping in the very moment of the end is not heard any more.
  const untilMs = end === "day" ? nowMs : Math.min(nowMs, endMs - 1);
  const lastMs = Math.floor((untilMs - place) / BEAT_MS) * BEAT_MS + place;
  return lastMs > helloMs ? lastMs : null;
}

/** When a host that posts says that it is there, on this connection. */
export function beatsOf({ place }: HostScript, { helloMs, endMs }: Connection): number[] {
  const beats: number[] = [];
  const first = Math.floor(helloMs / BEAT_MS) * BEAT_MS + place;
  for (let atMs = first; atMs < endMs; atMs += BEAT_MS) if (atMs > helloMs) beats.push(atMs);
  return beats;
}

/** When a second machine comes in with its credential, while the host itself is there. */
export function triesOf({ clonesMs }: HostScript, connections: readonly Connection[], { ours }: Script): number[] {
  return clonesMs.filter((atMs) => {
    const isThere = connections.some(({ helloMs, endMs }) => helloMs < atMs && atMs < endMs);
    const isD1Away = ours.some((each) => each.kind === "d1-away" && each.fromMs <= atMs && atMs < each.toMs);
    return isThere && !isD1Away;
  });
}
