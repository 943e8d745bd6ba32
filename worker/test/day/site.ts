import { type Gap, heldToMs, oursOf, ringsMs, SOON_MS, toldByMs } from "./gaps.ts";
import type { HostScript, Script } from "./script.ts";
import type { Due } from "./truth.ts";

/** Many that fall silent at once are told together, after this at most. */
export const HOLD_MS = 120_000;
const MANY = 5;
/** Fewer than many, but others may have gone with them. */
const PERHAPS_MANY = 3;
/** Those that went at once were heard so much apart at most. */
const APART_MS = 40_000;
/** Who is back is counted after this. */
const RETURNS_MS = 2_500;
/** Where the deadline is the same for all, all notice it while it is held. */
const OFFLINE_AFTER_MS = 90_000;

/** Most of an organization in one place that lost its network. */
export interface Site {
  /** By the script it has to be told, as one; otherwise it may be told either way. */
  isCertain: boolean;
  /** When its hosts were heard last. */
  heardFromMs: number;
  heardToMs: number;
  /** In which alerts may be held. */
  holdFromMs: number;
  holdToMs: number;
}

/** The gaps of one host. */
export interface HostGaps {
  host: HostScript;
  gaps: readonly Gap[];
}

/** Null where an organization lost none, or too little of it to matter. `all`: its hosts. */
export function siteOf(all: readonly HostGaps[], fleet: number, script: Script): Site | null {
  const awake = all.filter(({ host }) => !host.sleeps);
  const lost = awake.flatMap(({ host, gaps }) =>
    gaps.filter((gap) => isOfSite(host, gap)).map((gap) => ({ ...gap, host })),
  );
  if (lost.length < PERHAPS_MANY) return null;
  const heard = lost.map(({ heardMs }) => heardMs);
  const [heardFromMs, heardToMs] = [Math.min(...heard), Math.max(...heard)];
  const holdFromMs = Math.min(...lost.map(({ earliestMs }) => earliestMs));
  const latestMs = Math.max(...lost.map((each) => each.latestMs));
  const holdToMs = heldToMs(script, fleet, latestMs + HOLD_MS, HOLD_MS) + SOON_MS;
  const still = lost.filter(
    ({ host, backMs, latestMs }) =>
      isUsual(host) && Math.min(backMs, host.revokedMs ?? Infinity, script.lengthMs) > latestMs + HOLD_MS + SOON_MS,
  );
  const isOurs = oursOf(script, fleet).some((each) => {
    if (each.kind === "eviction" || each.kind === "doubled-alarm" || each.kind === "d1-away") return false;
    const [fromMs, toMs] = "atMs" in each ? [each.atMs, each.atMs] : [each.fromMs, each.toMs];
    return fromMs <= holdToMs && toMs >= heardFromMs - OFFLINE_AFTER_MS;
  });
  const isCertain = !isOurs && still.length >= MANY && 2 * still.length > awake.length;
  return { isCertain, heardFromMs, heardToMs, holdFromMs, holdToMs };
}

/** That many are silent, and that all of them are back. */
export function siteDues(site: Site, all: readonly HostGaps[], script: Script): Due[] {
  const { organization = 0, fleet = 0 } = all[0]?.host ?? {};
  const key = (phase: string) => `organization-${organization}/hosts-silent/${phase}`;
  const members = all.flatMap(({ host, gaps }) =>
    host.sleeps
      ? []
      : gaps
          .filter((gap) => howTold(host, gap, site) !== "alone")
          .map(({ backMs }) => Math.min(backMs, host.revokedMs ?? Infinity)),
  );
  const backMs = Math.max(...members);
  const byMs = backMs === Infinity ? Infinity : toldByMs(script, fleet, ringsMs(script, fleet, backMs + RETURNS_MS));
  return [
    {
      key: key("opened"),
      notBeforeMs: site.holdFromMs,
      notAfterMs: toldByMs(script, fleet, ringsMs(script, fleet, site.holdToMs)),
      must: site.isCertain,
    },
    { key: key("closed"), notBeforeMs: site.holdFromMs, notAfterMs: byMs, must: site.isCertain },
  ];
}

/** Is this silence told by itself, surely with those of the site, or perhaps with them? */
export function howTold(host: HostScript, gap: Gap, site: Site | null): "alone" | "together" | "perhaps" {
  if (site === null) return "alone";
  if (isOfSite(host, gap)) return site.isCertain && isUsual(host) ? "together" : "perhaps";
  const isHeld = gap.earliestMs <= site.holdToMs && gap.latestMs + SOON_MS >= site.holdFromMs;
  const isJoined = gap.heardMs >= site.heardFromMs - APART_MS && gap.heardMs <= site.heardToMs + APART_MS;
  return isHeld || isJoined ? "perhaps" : "alone";
}

/** It went with its site; or was gone already, since we dropped it, when that went. */
function isOfSite(host: HostScript, { before, backMs }: Gap): boolean {
  const { end, endMs } = before;
  return host.absences.some(
    ({ kind, fromMs }) =>
      kind === "site" && (fromMs === endMs || (end === "dropped" && endMs < fromMs && fromMs < backMs)),
  );
}

function isUsual({ offlineAfterMs, speaks }: HostScript): boolean {
  return offlineAfterMs === OFFLINE_AFTER_MS && speaks === "socket";
}
