import { durationWords } from "@afloat/shared/core/duration";
import { momentWords } from "@afloat/shared/core/moment";
import type { PublicStatus } from "@afloat/shared/domain";
import type { Hello } from "@afloat/shared/wire";
import type { HostView } from "../../live.ts";
import { type Change, noChange } from "./change.ts";
import type { FleetHost, HostPatch, OpenIncident } from "./fleet-types.ts";

/** Host flips come from the Fleet and not from a host's journal: this stands where a journal's id would. */
const FLEET_JOURNAL = "fleet";

type Link = Exclude<HostView["link"], "never">;

/** Where the public stands with a host: of one that is not online nothing is known, and that is never green. */
const PUBLIC: Record<Link, PublicStatus> = { online: "operational", silent: "unknown", away: "unknown" };

interface LinkMoment {
  sinceMs: number;
  heardMs: number;
  nowMs: number;
  position: number;
  /** Of a host that comes back: it watched all along since then, and tells what happened. Not known less for having been told late. */
  knownFromMs?: number;
}

/**
 * Since when a host that was silent has watched without a pause, by its own word: of that time nothing stays unknown. Null where its
 * journal does not go on where it stopped.
 */
export function knownFromMs(host: FleetHost, hello: Hello, nowMs: number): number | null {
  const goesOn = host.journalId === hello.journalId && hello.firstSeq <= host.recordedSeq + 1;
  if (host.link !== "silent" || !goesOn || hello.ranMs === undefined) return null;
  return Math.min(nowMs, Math.max(host.linkSinceMs, nowMs - hello.ranMs));
}

/** The host's link from now on. Nothing where it is that already. `position` makes ids that come only once. */
export function decideLink(host: FleetHost, link: Link, at: LinkMoment, open: readonly OpenIncident[]): Change {
  const change = noChange();
  if (host.link === link) return change;
  const reason = reasonOf(link, at);
  change.patch = { link, linkSinceMs: at.sinceMs, lastSeenMs: at.heardMs };
  change.written.push({
    kind: "flip",
    subjectId: host.id,
    atMs: at.knownFromMs ?? at.sinceMs,
    journalId: FLEET_JOURNAL,
    seq: at.position,
    verdict: link,
    reasonCode: link,
    reason,
    publicStatus: PUBLIC[link],
  });
  const offline = open.find(({ subjectId, view }) => subjectId === host.id && view.kind === "host-offline");
  if (link === "silent" && offline === undefined) change.incidents.push(opened(host, reason, at));
  if (link !== "silent" && offline !== undefined) {
    change.incidents.push({ kind: "closed", ...offline, atMs: at.nowMs, tell: true });
  }
  return change;
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
  return patch;
}

function reasonOf(link: Link, at: LinkMoment): string {
  if (link === "online")
    return at.knownFromMs === undefined ? "connected" : "connected; it tells what happened meanwhile";
  if (link === "away") return "left on purpose";
  const silence = durationWords(at.nowMs - at.heardMs);
  return `nothing heard since ${momentWords(at.heardMs, at.nowMs)} UTC, for ${silence}`;
}

function opened(host: FleetHost, cause: string, at: { nowMs: number; position: number }): Change["incidents"][number] {
  return {
    kind: "opened",
    subjectId: host.id,
    tell: true,
    evidence: { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null },
    view: {
      id: `${host.id}-${FLEET_JOURNAL}-${at.position}-host-offline`,
      kind: "host-offline",
      hostId: host.id,
      hostName: host.name,
      service: null,
      title: `${host.name} is silent`,
      cause,
      causeCode: null,
      openedMs: at.nowMs,
      closedMs: null,
      lastLines: [],
      told: [],
    },
  };
}
