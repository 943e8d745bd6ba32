import { OFFLINE_AFTER_MS } from "@afloat/shared/core/offline-after";
import type { PublicStatus } from "@afloat/shared/domain";
import type { Hello } from "@afloat/shared/wire";
import type { HostView } from "../../live.ts";
import type { Absence } from "./absence.ts";
import { type Change, noChange } from "./change.ts";
import type { DurableRecord, FleetHost, HostPatch, OpenIncident } from "./fleet-types.ts";

/** Host flips come from the Fleet and not from a host's journal: this stands where a journal's id would. */
export const FLEET_JOURNAL = "fleet";

type Link = Exclude<HostView["link"], "never">;

/** Where the public stands with a host: of one that is not online nothing is known, and that is never green. */
const PUBLIC: Record<Link, PublicStatus> = { online: "operational", silent: "unknown", away: "unknown" };

export interface LinkMoment {
  sinceMs: number;
  heardMs: number;
  nowMs: number;
  position: number;
  /** Why, in words. */
  reason: string;
  /** Of a host that comes back: it watched all along since then, and tells what happened. Not known less for having been told late. */
  knownFromMs?: number;
  /** Of a host that is away. */
  absence?: Absence;
}

/**
 * Since when a host that was silent has watched without a pause, by its own word: of that time nothing stays unknown. Null where its
 * journal does not go on where it stopped.
 */
export function knownFromMs(host: FleetHost, hello: Hello, nowMs: number): number | null {
  const goesOn = host.journalId === hello.journalId && hello.firstSeq <= host.recordedSeq + 1;
  const isMissed = host.link === "silent" || host.absence?.why === "asleep";
  if (!isMissed || !goesOn || hello.ranMs === undefined) return null;
  return Math.min(nowMs, Math.max(host.linkSinceMs, nowMs - hello.ranMs));
}

/**
 * The host's link from now on. Nothing where it is that already. `position` makes ids that come only once. That it is silent is no
 * incident yet: who is told of that is decided in silence.ts.
 */
export function decideLink(host: FleetHost, link: Link, at: LinkMoment, open: readonly OpenIncident[]): Change {
  const change = noChange();
  if (host.link === link) return change;
  change.patch = { link, linkSinceMs: at.sinceMs, lastSeenMs: at.heardMs };
  const absence = link === "away" ? (at.absence ?? { why: "stopped" as const, untilMs: null }) : null;
  if (absence !== null || host.absence !== null) change.patch.absence = absence;
  if (host.held !== undefined) change.patch.held = undefined;
  if (host.withMany !== undefined) change.patch.withMany = undefined;
  change.written.push(linkFlip(host.id, link, absence, { ...at, atMs: at.knownFromMs ?? at.sinceMs }));
  for (const incident of open) {
    if (incident.subjectId !== host.id || link === "silent") continue;
    if (incident.view.kind === "host-offline") {
      change.incidents.push({ kind: "closed", ...incident, atMs: at.nowMs, tell: true });
    }
    if (incident.view.kind === "host-flapping" && link === "away") {
      change.incidents.push({ kind: "closed", ...incident, atMs: at.nowMs, tell: false });
    }
  }
  return change;
}

/** That a host's link is this from `atMs` on. */
export function linkFlip(
  hostId: string,
  link: Link,
  absence: Absence | null,
  { atMs, position, reason }: { atMs: number; position: number; reason: string },
): DurableRecord {
  return {
    ...{ kind: "flip", subjectId: hostId, atMs, journalId: FLEET_JOURNAL, seq: position, verdict: link },
    ...{ reasonCode: absence?.why === "asleep" ? "asleep" : link, reason, publicStatus: PUBLIC[link] },
  };
}

/** What of the host's own row hello changes. */
export function patchOf(host: FleetHost, hello: Hello): HostPatch {
  const said = {
    os: hello.host.os,
    arch: hello.host.arch,
    agentVersion: hello.agent.version,
    journalId: hello.journalId,
    bootId: hello.bootId,
    runId: hello.runId,
  };
  const patch: HostPatch = {};
  for (const key of ["os", "arch", "agentVersion", "journalId", "bootId", "runId"] as const) {
    if (host[key] !== said[key]) patch[key] = said[key];
  }
  if (host.remote.join() !== hello.remote.join()) patch.remote = hello.remote;
  const offlineAfterMs = hello.offlineAfterMs ?? OFFLINE_AFTER_MS.otherwise;
  if (host.offlineAfterMs !== offlineAfterMs) patch.offlineAfterMs = offlineAfterMs;
  if (host.sleeps !== (hello.sleeps ?? false)) patch.sleeps = hello.sleeps ?? false;
  return patch;
}
