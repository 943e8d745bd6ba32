import { durationWords } from "@afloat/shared/core/duration";
import { momentWords } from "@afloat/shared/core/moment";
import type { IncidentKind } from "@afloat/shared/domain";
import type { ManySilent } from "../../db/schema.ts";
import { absenceWords } from "./absence.ts";
import type { Change, IncidentTurn } from "./change.ts";
import type { FleetHost, OpenIncident } from "./fleet-types.ts";
import { countSilence, STEADY_MS } from "./flapping.ts";
import { decideLink, FLEET_JOURNAL, type LinkMoment } from "./link-change.ts";
import { APART_MS, isOneOfMany } from "./many-silent.ts";

/**
 * People are not told before `untilMs`: it went with `many` others (of `of` that were online), or `maintenance` is under way and it has its
 * deadline from the end of that, or we have just had our `return` and do not know. `again`: the Fleet that tells of many could not be reached.
 */
export type Held =
  | { why: "many"; atMs: number; untilMs: number; of: number; again?: true }
  | { why: "maintenance" | "return"; untilMs: number };

/** What else is known of the organization when a host falls silent. */
export interface Around {
  /** When each host that counts as online was last heard, but for laptops that sleep. */
  signs: readonly number[];
  /** The hold that is under way. */
  hold: Held | null;
  /** The open incident of many hosts. */
  many: OpenIncident | null;
  /** Those of its hosts here that went with many, of which another Fleet tells. */
  handed: Window | null;
  /** How long alerts are held, milliseconds. */
  holdMs: number;
}

/** When the first and the last of many hosts were heard last. */
export interface Window {
  fromMs: number;
  toMs: number;
}

/** Is this host's silence held, and until when? Null where it is told now. `maintainedUntilMs`: a deadline after the maintenance it is in. */
export function decideHeld(
  sinceMs: number,
  around: Around,
  maintainedUntilMs: number | null,
  nowMs: number,
): Held | null {
  if (maintainedUntilMs !== null && maintainedUntilMs > nowMs)
    return { why: "maintenance", untilMs: maintainedUntilMs };
  if (around.hold !== null) return around.hold;
  // Handed over at once: it is told of by now.
  if (isWithin(sinceMs, around.handed)) return { why: "many", atMs: nowMs, untilMs: nowMs, of: 0 };
  if (isWithin(sinceMs, around.many?.many) || !isOneOfMany(sinceMs, around.signs, nowMs)) return null;
  return { why: "many", atMs: nowMs, untilMs: nowMs + around.holdMs, of: around.signs.length };
}

/** A host is past its deadline, or did not come back: what becomes of it, and who is told. */
export function decideSilent(
  host: FleetHost,
  at: LinkMoment & { overdue: boolean },
  open: readonly OpenIncident[],
  told: { held: Held | null; many: OpenIncident | null },
): Change {
  if (host.sleeps && !at.overdue) {
    const absence = { why: "asleep" as const, untilMs: null };
    return decideLink(host, "away", { ...at, absence, reason: absenceWords(absence, at.nowMs) }, open);
  }
  const change = decideLink(host, "silent", at, open);
  if (told.held !== null) {
    change.patch.held = told.held;
    return change;
  }
  const { silencesMs, isFlapping } = countSilence(host.silencesMs ?? [], at.nowMs);
  change.patch.silencesMs = silencesMs;
  if (hostsToldOf(open).has(host.id)) return change;
  if (told.many?.many !== undefined && isWithin(at.sinceMs, told.many.many)) {
    const { many } = told.many;
    const hosts = [...many.hosts.filter(({ id }) => id !== host.id), { id: host.id, name: host.name }];
    change.incidents.push(reworded(told.many, { ...many, hosts, fell: Math.max(many.fell, hosts.length) }, at.nowMs));
  } else if (isFlapping) {
    const span = durationWords(at.nowMs - (silencesMs[0] ?? at.nowMs));
    const cause = `silent ${silencesMs.length} times within ${span}; told once, until it holds for ${durationWords(STEADY_MS)}`;
    change.incidents.push(opened(host, "host-flapping", `${host.name} goes and comes again and again`, cause, at));
  } else change.incidents.push(offline(host, at.reason, at));
  return change;
}

/** `web-1 is silent`: people are told of one host. */
export function offline(
  host: FleetHost,
  cause: string,
  at: { nowMs: number; position: number; overdue?: boolean },
): IncidentTurn {
  const title = at.overdue === true ? `${host.name} did not come back` : `${host.name} is silent`;
  return opened(host, "host-offline", title, cause, at);
}

/** Many hosts are silent still when the hold is over: one incident, which stands at the first of them. */
export function manySilent(hosts: readonly FleetHost[], of: number, fell: number, at: At): IncidentTurn | null {
  const [first] = hosts;
  if (first === undefined) return null;
  const sinces = hosts.map(({ linkSinceMs }) => linkSinceMs);
  const many: ManySilent = {
    hosts: hosts.map(({ id, name }) => ({ id, name })),
    ...{ fell, of, fromMs: Math.min(...sinces), toMs: Math.max(...sinces) },
  };
  return manyOpened(first, many, at);
}

/** The incident of many hosts, which stands at this one. Each is a subject of its own: one of before may be open still. */
export function manyOpened(host: FleetHost, many: ManySilent, at: At): IncidentTurn & { kind: "opened" } {
  const turn = opened(host, "hosts-silent", titleOf(many), causeOf(many, at.nowMs), at);
  return { ...turn, subjectId: turn.view.id, many, evidence: { ...NO_EVIDENCE, many } };
}

/** Of many hosts some came back, or all: null where none did. */
export function decideReturned(
  incident: OpenIncident,
  isSilent: (hostId: string) => boolean,
  nowMs: number,
): IncidentTurn | null {
  const { many } = incident;
  if (many === undefined) return null;
  const hosts = many.hosts.filter(({ id }) => isSilent(id));
  if (hosts.length === many.hosts.length) return null;
  if (hosts.length === 0) return { kind: "closed", ...incident, atMs: nowMs, tell: true };
  return reworded(incident, { ...many, hosts }, nowMs);
}

/** The hosts of whose silence people know by these open incidents. Others of a host, a loop of its agent or a clone of it, say nothing of that. */
export function hostsToldOf(open: Iterable<OpenIncident>): Set<string> {
  return new Set(
    [...open].flatMap(({ view, many }) => {
      if (many !== undefined) return many.hosts.map(({ id }) => id);
      return TELLS_OF_SILENCE.includes(view.kind) ? view.hostId : [];
    }),
  );
}

/** Why a host counts as silent. */
export function silenceWords(sinceMs: number, nowMs: number): string {
  return `nothing heard since ${momentWords(sinceMs, nowMs)} UTC, for ${durationWords(nowMs - sinceMs)}`;
}

/** An incident of the host itself. */
export function opened(
  host: FleetHost,
  kind: IncidentKind,
  title: string,
  cause: string,
  { nowMs, position }: At,
): IncidentTurn & { kind: "opened" } {
  return {
    kind: "opened",
    subjectId: host.id,
    tell: true,
    evidence: NO_EVIDENCE,
    view: {
      id: `${host.id}-${FLEET_JOURNAL}-${position}-${kind}`,
      ...{ kind, hostId: host.id, hostName: host.name, service: null, title, cause },
      ...{ causeCode: null, openedMs: nowMs, closedMs: null, lastLines: [], told: [] },
    },
  };
}

export interface At {
  nowMs: number;
  position: number;
}

/** Incidents of a host itself that tell of its silence. */
const TELLS_OF_SILENCE: readonly IncidentKind[] = ["host-offline", "host-flapping"];

const NO_EVIDENCE = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };

/** Names in one sentence; of more it is said how many. */
const NAMED = 12;

/** It went with those of which people know already; a longer deadline only makes it notice later. */
export function isWithin(sinceMs: number, many: Window | null | undefined): boolean {
  if (many === null || many === undefined) return false;
  return sinceMs >= many.toMs - APART_MS && sinceMs <= many.fromMs + APART_MS;
}

/** It is about these from now on. */
export function reworded(incident: OpenIncident, many: ManySilent, nowMs: number): IncidentTurn {
  const view = { ...incident.view, title: titleOf(many), cause: causeOf(many, nowMs) };
  return { kind: "reworded", subjectId: incident.subjectId, view, many, tell: false };
}

function titleOf({ hosts, of }: ManySilent): string {
  const [only] = hosts;
  return hosts.length === 1 && only !== undefined
    ? `${only.name} is silent still`
    : `${hosts.length} of ${of} hosts are silent`;
}

function causeOf({ hosts, fell, fromMs }: ManySilent, nowMs: number): string {
  const names = hosts.slice(0, NAMED).map(({ name }) => name);
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : "";
  const back = fell === hosts.length ? "" : `${fell - hosts.length} came back, `;
  const went = `${fell} went within seconds of each other, heard last about ${momentWords(fromMs, nowMs)} UTC`;
  return `${went}; ${back}silent still: ${names.join(", ")}${more}`;
}
