import type { PublicStatus, ServiceSnapshot } from "@afloat/shared/domain";
import type { Known } from "./arrival.ts";
import { type Change, noChange } from "./change.ts";
import { decideLink, FLEET_JOURNAL, linkFlip } from "./link-change.ts";
import { type FleetService, type OpenIncident, serviceIdOf } from "./fleet-types.ts";
import { decideIncidents } from "./incident-rules.ts";

/** Whether Fleet and D1 agree about a host. What the Fleet knows is newer: D1 follows it, but for incidents that are closed there. */

/** What D1 holds of one host. */
export interface Recorded {
  link: string;
  linkSinceMs: number;
  services: ReadonlyMap<string, { snapshot: ServiceSnapshot; publicStatus: PublicStatus }>;
  /** Ids of its incidents that are open there. */
  openIncidents: ReadonlySet<string>;
  /** Ids of those that the Fleet has open and that are closed there. */
  closedIncidents: ReadonlySet<string>;
  /** The newest flip of each subject; of several at one moment all. */
  heads: ReadonlyMap<string, readonly Head[]>;
}

export interface Head {
  atMs: number;
  verdict: string;
  reasonCode: string;
  publicStatus: PublicStatus;
}

/** What may be wrong, in words for the log. */
export const DISAGREEMENTS = {
  "silent-but-heard": "a host called silent that is heard",
  "host-row": "a host's row in the database",
  "service-row": "a service's row in the database",
  "service-gone": "a service in the database that its host has no more",
  "incident-over": "an incident open for what is over",
  "incident-closed": "an incident that is closed in the database",
  "incident-open": "an incident open in the database alone",
  "incident-missing": "an incident that is not in the database",
  "flip-missing": "a change of state that is not in the database",
} as const;

export type Disagreement = keyof typeof DISAGREEMENTS;

export interface Agreement {
  /** What mends it; nothing where all agrees. */
  change: Change;
  mended: Disagreement[];
}

interface At {
  nowMs: number;
  /** Makes the ids of flips that come only once. */
  position: number;
  /** When the host was last heard. */
  heardMs: number;
  /** It is connected, has said hello, and is within its deadline. */
  isHeard: boolean;
}

export function decideAgreement(known: Known, recorded: Recorded, at: At): Agreement {
  const agreement: Agreement = { change: noChange(), mended: [] };
  agreeOnLink(agreement, known, recorded, at);
  agreeOnServices(agreement, known, recorded, at);
  agreeOnIncidents(agreement, known, recorded, at);
  return agreement;
}

function agreeOnLink(agreement: Agreement, { host, incidents }: Known, recorded: Recorded, at: At): void {
  if (host.link === "silent" && at.isHeard) {
    agreement.mended.push("silent-but-heard");
    const { nowMs, heardMs, position } = at;
    agreement.change = decideLink(
      host,
      "online",
      { sinceMs: nowMs, heardMs, nowMs, position, reason: MENDED },
      incidents,
    );
    return;
  }
  const { link, linkSinceMs, lastSeenMs, absence } = host;
  if (link === "never") return;
  if (recorded.link !== link || recorded.linkSinceMs !== linkSinceMs) {
    agreement.mended.push("host-row");
    agreement.change.patch = { link, linkSinceMs, lastSeenMs, absence };
  }
  const heads = recorded.heads.get(host.id) ?? [];
  if (heads.some(({ verdict }) => verdict === link)) return;
  agreement.mended.push("flip-missing");
  const atMs = between(linkSinceMs, heads, at.nowMs);
  agreement.change.written.push(linkFlip(host.id, link, absence, { atMs, position: at.position, reason: MENDED }));
}

function agreeOnServices({ change, mended }: Agreement, { host, services }: Known, recorded: Recorded, at: At): void {
  for (const [name, service] of services) {
    const row = recorded.services.get(name);
    if (row === undefined || row.publicStatus !== service.publicStatus || !isSame(row.snapshot, service.snapshot)) {
      mended.push("service-row");
      change.services.set(name, service);
    }
    const subjectId = serviceIdOf(host.id, name);
    const heads = recorded.heads.get(subjectId) ?? [];
    if (heads.some((head) => tells(head, service))) continue;
    mended.push("flip-missing");
    const { snapshot, publicStatus } = service;
    const { verdict, reasonCode, reason } = snapshot;
    change.written.push({
      ...{ kind: "flip", subjectId, atMs: between(snapshot.sinceMs, heads, at.nowMs), journalId: FLEET_JOURNAL },
      ...{ seq: at.position, verdict, reasonCode, reason, publicStatus },
    });
  }
  for (const name of recorded.services.keys()) {
    if (services.has(name)) continue;
    mended.push("service-gone");
    change.written.push({ kind: "service-removed", name, atMs: at.nowMs });
  }
}

function agreeOnIncidents({ change, mended }: Agreement, known: Known, recorded: Recorded, { nowMs }: At): void {
  const closing = new Set(change.incidents.map(({ view }) => view.id));
  for (const incident of known.incidents) {
    const { id } = incident.view;
    if (closing.has(id)) continue;
    if (recorded.closedIncidents.has(id)) {
      mended.push("incident-closed");
      change.incidents.push({ kind: "closed", ...incident, atMs: nowMs, tell: false });
      continue;
    }
    const over = endOf(known, incident, nowMs);
    if (over !== null) {
      mended.push("incident-over");
      change.incidents.push({ kind: "closed", ...incident, atMs: nowMs, tell: over.tell });
    } else if (!recorded.openIncidents.has(id)) {
      mended.push("incident-missing");
      const { lastLines, causeCode } = incident.view;
      const many = incident.many === undefined ? {} : { many: incident.many };
      const evidence = { lastLines, exit: null, restarts: null, spanMs: null, causeCode, ...many };
      change.written.push({ kind: "incident-opened", view: incident.view, subjectId: incident.subjectId, evidence });
    }
  }
  const ours = new Set(known.incidents.map(({ view }) => view.id));
  for (const id of recorded.openIncidents) {
    if (ours.has(id)) continue;
    mended.push("incident-open");
    change.written.push({ kind: "incident-closed", id, atMs: nowMs });
  }
}

/** That what it was opened for is over, by how things stand, and whether somebody is told; null while it is not. */
function endOf({ host, services }: Known, incident: OpenIncident, nowMs: number): { tell: boolean } | null {
  const { service, kind } = incident.view;
  if (incident.subjectId === host.id && kind === "host-offline")
    return host.link === "online" || host.link === "away" ? { tell: true } : null;
  // That many went at once, that one keeps coming and going, or is there twice, ends elsewhere (standing.ts).
  if (service === null) return null;
  const stands = services.get(service);
  // Of what is gone nobody wants to hear.
  if (stands === undefined) return { tell: false };
  const standing = { kind: "flip" as const, snapshot: stands.snapshot, atMs: nowMs, seq: 0 };
  const ruling = decideIncidents(standing, service).find((each) => each.incident === kind);
  return ruling?.kind === "close" ? { tell: ruling.tell } : null;
}

/** When it happened; after the newest that is known, and not in the future. */
function between(sinceMs: number, heads: readonly Head[], nowMs: number): number {
  const newestMs = Math.max(-1, ...heads.map(({ atMs }) => atMs));
  return Math.min(nowMs, Math.max(sinceMs, newestMs + 1));
}

function tells(head: Head, { snapshot, publicStatus }: FleetService): boolean {
  const { verdict, reasonCode } = snapshot;
  return head.verdict === verdict && head.reasonCode === reasonCode && head.publicStatus === publicStatus;
}

function isSame(a: ServiceSnapshot, b: ServiceSnapshot): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const MENDED = "found by the check that Fleet and database agree";
