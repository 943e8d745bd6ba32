import { agentLoopOverMs, decideAgentLoopOver } from "./core/agent-loop.ts";
import { isCatchingUp } from "./core/catch-up.ts";
import { noChange } from "./core/change.ts";
import type { IncidentTurn } from "./core/change.ts";
import type { FleetHost, OpenIncident } from "./core/fleet-types.ts";
import { decideSteady } from "./core/flapping.ts";
import { OVER_AFTER_MS, secondOverMs } from "./core/second-machine.ts";
import { decideReturned, offline, silenceWords } from "./core/silence.ts";
import { hostMaintainedLastMs, hostMaintainedUntilMs } from "./maintained.ts";
import type { Nerve } from "./nerve.ts";
import type { Attempt } from "./silent-hosts.ts";

/** Hosts that come back one after the other are counted together for so long, milliseconds. */
const RETURNS_MS = 2_000;

/** Incidents of hosts that time ends, or others' return: links that flap, many silent hosts, cloned machines, agents that start again and again. */
export function sweepStanding(nerve: Nerve, nowMs: number, attempt: Attempt): void {
  for (const incident of [...nerve.store.incidents.values()]) {
    attempt(`incident ${incident.view.id}`, () => sweepIncident(nerve, incident, nowMs));
  }
}

/** When these fall due. */
export function standingDueMs(nerve: Nerve, nowMs: number): number[] {
  return [...nerve.store.incidents.values()].flatMap((incident) => dueOf(nerve, incident, nowMs) ?? []);
}

function sweepIncident(nerve: Nerve, incident: OpenIncident, nowMs: number): void {
  const host = nerve.store.hosts.get(incident.view.hostId);
  if (host === undefined) return;
  const turns = turnsOf(nerve, host, incident, nowMs);
  if (turns.length === 0) return;
  const patch = incident.view.kind === "host-cloned" ? { second: undefined } : {};
  nerve.commit(host.id, { ...noChange(), incidents: turns, patch }, null, nowMs);
}

function turnsOf(nerve: Nerve, host: FleetHost, incident: OpenIncident, nowMs: number): IncidentTurn[] {
  const closed = (tell: boolean): IncidentTurn => ({ kind: "closed", ...incident, atMs: nowMs, tell });
  switch (incident.view.kind) {
    case "hosts-silent": {
      const turn = decideReturned(incident, (id) => isSilent(nerve, id), nowMs);
      return turn === null ? [] : [turn];
    }
    case "host-cloned":
      return nowMs < clonedUntilMs(host, incident) ? [] : [closed(false)];
    case "agent-loop":
      return isTelling(nerve, host) ? [] : decideAgentLoopOver(host, incident, nowMs);
    case "host-flapping": {
      if (host.link === "never") return [];
      const steadiness = decideSteady(host.link, steadySinceMs(nerve, host, nowMs), nowMs);
      if (steadiness.kind === "unsteady") return [];
      if (steadiness.kind !== "gone") return [closed(steadiness.kind === "up")];
      const at = { nowMs, position: nerve.store.journal.nextPosition(nowMs) };
      return [closed(false), offline(host, silenceWords(host.linkSinceMs, nowMs), at)];
    }
    default:
      return [];
  }
}

function dueOf(nerve: Nerve, incident: OpenIncident, nowMs: number): number | null {
  const host = nerve.store.hosts.get(incident.view.hostId);
  if (host === undefined) return null;
  switch (incident.view.kind) {
    case "hosts-silent":
      return incident.many?.hosts.every(({ id }) => isSilent(nerve, id)) === true
        ? nerve.many.dueMs(incident)
        : nowMs + RETURNS_MS;
    case "host-cloned":
      return clonedUntilMs(host, incident);
    case "agent-loop":
      return isTelling(nerve, host) ? null : agentLoopOverMs(host, incident);
    case "host-flapping": {
      if (host.link === "never") return null;
      const steadiness = decideSteady(host.link, steadySinceMs(nerve, host, nowMs), nowMs);
      return steadiness.kind === "unsteady" ? steadiness.dueMs : nowMs;
    }
    default:
      return null;
  }
}

/** It is there, and has not told yet all that happened before: its agent may have started again since what is known. */
function isTelling(nerve: Nerve, host: FleetHost): boolean {
  return host.link === "online" && isCatchingUp(host.catchUp, nerve.store.journal.heardSeq(host));
}

/** That it is gone during maintenance is no sign of anything. */
function steadySinceMs(nerve: Nerve, host: FleetHost, nowMs: number): number {
  if (hostMaintainedUntilMs(nerve, host, nowMs) !== null) return nowMs;
  return Math.max(host.linkSinceMs, hostMaintainedLastMs(nerve, host, nowMs));
}

/** One that this Fleet does not know has not come back: it would have said hello. */
function isSilent(nerve: Nerve, hostId: string): boolean {
  return (nerve.store.hosts.get(hostId)?.link ?? "silent") === "silent";
}

/** Who took it over does not know when the second machine tried last: it may try again. */
function clonedUntilMs({ second, countFromMs }: FleetHost, { view }: OpenIncident): number {
  return second === undefined ? Math.max(view.openedMs, countFromMs) + OVER_AFTER_MS : secondOverMs(second);
}
