import { overdueWords, returnDueMs } from "./core/absence.ts";
import { noChange, viewOfHost } from "./core/change.ts";
import type { FleetHost, OpenIncident } from "./core/fleet-types.ts";
import {
  ABSENCE_MS,
  decideLiveness,
  EXCUSES_LIMIT,
  HOLDS_PLACE_MS,
  type Liveness,
  type Watched,
} from "./core/liveness.ts";
import { GATHER_MS, HOLD_MS } from "./core/many-silent.ts";
import {
  type Around,
  decideHeld,
  decideSilent,
  hostsToldOf,
  manySilent,
  offline,
  silenceWords,
  type Window,
} from "./core/silence.ts";
import { hostMaintainedLastMs, hostMaintainedUntilMs } from "./maintained.ts";
import type { Nerve } from "./nerve.ts";
import { CLOSE, hangUp } from "./sockets.ts";

/** Does it, and lets nothing that goes wrong in it go further. */
export type Attempt = (what: string, act: () => void) => void;

/** The hosts of one organization: who is past its deadline, who did not come back, and whom people are told of by now. */
export function sweepHosts(
  nerve: Nerve,
  organizationId: string,
  hosts: readonly FleetHost[],
  nowMs: number,
  attempt: Attempt,
): void {
  const online = hosts.filter(({ link }) => link === "online");
  const judged = new Map(online.map((host) => [host.id, judge(nerve, host, nowMs)]));
  // A host in maintenance says nothing of the others.
  const signs = online.flatMap((host) =>
    host.sleeps || hostMaintainedUntilMs(nerve, host, nowMs) !== null ? [] : (judged.get(host.id)?.signMs ?? []),
  );
  const isSpread = nerve.store.shardOf(organizationId).of > 1;
  const handed = isSpread ? handedOf(nerve, hosts) : null;
  const around = (): Around => ({
    signs,
    hold: holdOf(nerve, hosts, nowMs),
    many: openMany(nerve, organizationId)[0] ?? null,
    handed,
    holdMs: isSpread ? HOLD_MS - GATHER_MS : HOLD_MS,
  });
  for (const host of hosts) {
    const liveness = judged.get(host.id)?.liveness;
    if (liveness !== undefined) attempt(host.id, () => sweepOnline(nerve, host, liveness, around, nowMs));
    if (host.link === "away") attempt(host.id, () => sweepAway(nerve, host, around, nowMs));
  }
  attempt(`what is held of ${organizationId}`, () => tellHeld(nerve, hosts, isSpread, nowMs));
}

/** Open incidents of many hosts of an organization, the newest first. */
export function openMany(nerve: Nerve, organizationId: string): OpenIncident[] {
  return [...nerve.store.incidents.values()]
    .filter(({ view, many }) => many !== undefined && isOf(nerve, view.hostId, organizationId))
    .sort((a, b) => b.view.openedMs - a.view.openedMs);
}

function isOf(nerve: Nerve, hostId: string, organizationId: string): boolean {
  return nerve.store.hosts.get(hostId)?.organizationId === organizationId;
}

/** What is known of a host whose link counts as online. */
export function watchedOf(nerve: Nerve, host: FleetHost, nowMs: number): Watched {
  const { countFromMs, offlineAfterMs, excuses } = host;
  const maintainedMs = hostMaintainedLastMs(nerve, host, nowMs);
  // Looked for once: with thousands of hosts it is what an alarm takes its time for.
  const sockets = nerve.sockets.agents(host.id);
  const heardMs = nerve.heardMs(host, sockets);
  const at = { heardMs, countFromMs, maintainedMs, offlineAfterMs, excuses, wokeMs: nerve.wokeMs };
  if (sockets.length > 0) return { ...at, line: "listed" };
  return { ...at, line: host.line === "http" || host.line === "closed" ? host.line : "lost" };
}

/** Whether it is silent, and when it was last heard, as far as we could have heard it. */
function judge(nerve: Nerve, host: FleetHost, nowMs: number): { liveness: Liveness; signMs: number } {
  const watched = watchedOf(nerve, host, nowMs);
  const liveness = decideLiveness(watched, nowMs);
  if (liveness.kind === "silent") return { liveness, signMs: liveness.sinceMs };
  // One that is excused is given the benefit of the doubt here, too: it counts as heard when its deadline began anew.
  const countFromMs = liveness.kind === "excused" ? liveness.countFromMs : watched.countFromMs;
  return { liveness, signMs: Math.max(watched.heardMs, countFromMs) };
}

function sweepOnline(nerve: Nerve, host: FleetHost, liveness: Liveness, around: () => Around, nowMs: number): void {
  if (liveness.kind === "heard") return hangUpMute(nerve, host, nowMs);
  if (liveness.kind === "excused") return excuse(nerve, host, liveness, nowMs);
  const { sinceMs } = liveness;
  silence(nerve, host, { sinceMs, reason: silenceWords(sinceMs, nowMs), overdue: false }, around(), nowMs);
  for (const { socket } of nerve.sockets.agents(host.id)) hangUp(socket, CLOSE.silent, "nothing heard; connect anew");
}

function sweepAway(nerve: Nerve, host: FleetHost, around: () => Around, nowMs: number): void {
  const dueMs = awaitedMs(nerve, host, nowMs);
  if (dueMs === null || nowMs < dueMs) return;
  const excuses = host.excuses ?? 0;
  // It may have come back while we were not there.
  if (nowMs - dueMs > ABSENCE_MS && excuses < EXCUSES_LIMIT) {
    return excuse(nerve, host, { countFromMs: nowMs, excuses: excuses + 1 }, nowMs);
  }
  const reason = overdueWords(host.linkSinceMs, host.absence?.untilMs ?? dueMs, nowMs);
  silence(nerve, host, { sinceMs: nowMs, reason, overdue: true }, around(), nowMs);
}

/** When its return falls due; during maintenance nobody waits for it. */
export function awaitedMs(nerve: Nerve, host: FleetHost, nowMs: number): number | null {
  const dueMs = returnDueMs(host, hostMaintainedLastMs(nerve, host, nowMs));
  if (dueMs === null || nowMs < dueMs) return dueMs;
  return hostMaintainedUntilMs(nerve, host, nowMs) ?? dueMs;
}

function silence(
  nerve: Nerve,
  host: FleetHost,
  { sinceMs, reason, overdue }: { sinceMs: number; reason: string; overdue: boolean },
  around: Around,
  nowMs: number,
): void {
  const held =
    overdue || host.sleeps ? null : decideHeld(sinceMs, around, hostMaintainedUntilMs(nerve, host, nowMs), nowMs);
  const heardMs = overdue ? (host.lastSeenMs ?? sinceMs) : sinceMs;
  const at = { sinceMs, heardMs, nowMs, position: nerve.store.journal.nextPosition(nowMs), reason, overdue };
  const told = { held, many: around.many };
  nerve.commit(host.id, decideSilent(host, at, nerve.known(host).incidents, told), null, nowMs);
}

/** Its deadline counts from our return. Nobody but who looks is told: nothing is recorded of it. */
function excuse(nerve: Nerve, host: FleetHost, by: { countFromMs: number; excuses: number }, nowMs: number): void {
  const excused = { ...host, countFromMs: by.countFromMs, excuses: by.excuses };
  nerve.store.putHost(excused);
  nerve.sockets.show(host.organizationId, [{ type: "host", host: viewOfHost(excused, nerve.lastSeenMs(host)) }], nowMs);
}

/** The hold on alerts that is under way: whoever falls silent meanwhile is held with the others. */
function holdOf(nerve: Nerve, hosts: readonly FleetHost[], nowMs: number): Around["hold"] {
  for (const { id } of hosts) {
    const host = nerve.store.hosts.get(id);
    if (host?.link === "silent" && host.held?.why === "many" && host.held.untilMs > nowMs) return host.held;
  }
  return null;
}

/** Of those that went with many, of which another Fleet tells, when the first and the last were heard last. */
function handedOf(nerve: Nerve, hosts: readonly FleetHost[]): Window | null {
  const handed = hosts.flatMap(({ id }) => nerve.store.hosts.get(id)?.withMany ?? []);
  const [newest] = handed.sort((a, b) => b.toMs - a.toMs);
  return newest ?? null;
}

/** The hold is over: of those that are silent still people are told, as of one thing where there are several. */
function tellHeld(nerve: Nerve, hosts: readonly FleetHost[], isSpread: boolean, nowMs: number): void {
  const current = hosts.flatMap(({ id }) => nerve.store.hosts.get(id) ?? []);
  const due = current.filter(({ link, held }) => link === "silent" && held !== undefined && held.untilMs <= nowMs);
  // Many of one that is spread are handed over (many-elsewhere.ts).
  const over = due.filter((host) => !holdOn(nerve, host, nowMs) && !(isSpread && host.held?.why === "many"));
  tellOver(nerve, over, nowMs);
}

/** People are told of these hosts of an organization, as of one thing where several went together. */
export function tellOver(nerve: Nerve, over: readonly FleetHost[], nowMs: number): void {
  const [first] = over;
  if (first === undefined) return;
  const own = over.flatMap((host) => nerve.known(host).incidents);
  const told = hostsToldOf([...own, ...openMany(nerve, first.organizationId)]);
  const untold = over.filter(({ id }) => !told.has(id));
  const together = untold.filter(({ held }) => held?.why === "many");
  const of = Math.max(0, ...together.map(({ held }) => (held?.why === "many" ? held.of : 0)));
  const position = nerve.store.journal.nextPosition(nowMs);
  const one = together.length > 1 ? manySilent(together, of, together.length, { nowMs, position }) : null;
  for (const host of over) {
    const change = { ...noChange(), patch: { held: undefined } };
    const isTold =
      one === null
        ? untold.includes(host)
        : host === together[0] || (untold.includes(host) && !together.includes(host));
    const at = { nowMs, position: nerve.store.journal.nextPosition(nowMs) };
    const alone = () => offline(host, silenceWords(host.linkSinceMs, nowMs), at);
    if (isTold) change.incidents.push(one !== null && host === together[0] ? one : alone());
    nerve.commit(host.id, change, null, nowMs);
  }
}

/** It is in maintenance by now, or in the next: told after that. Or we were away ourselves, and it may have come back meanwhile. */
function holdOn(nerve: Nerve, host: FleetHost, nowMs: number): boolean {
  const untilMs = hostMaintainedUntilMs(nerve, host, nowMs);
  if (untilMs !== null) {
    nerve.commit(host.id, { ...noChange(), patch: { held: { why: "maintenance", untilMs } } }, null, nowMs);
    return true;
  }
  const { held, excuses = 0 } = host;
  if (held === undefined || nowMs - held.untilMs <= ABSENCE_MS || excuses >= EXCUSES_LIMIT) return false;
  const againMs = nowMs + (held.why === "many" ? HOLD_MS : host.offlineAfterMs);
  nerve.store.putHost({ ...host, held: { ...held, untilMs: againMs }, excuses: excuses + 1 });
  return true;
}

/** Connections on which nobody ever said hello. */
function hangUpMute(nerve: Nerve, host: FleetHost, nowMs: number): void {
  for (const { socket, attachment, heardMs } of nerve.sockets.agents(host.id)) {
    if (attachment.speaker === null && nowMs - heardMs > HOLDS_PLACE_MS) hangUp(socket, CLOSE.silent, "no hello");
  }
}
