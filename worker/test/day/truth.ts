import type { IncidentKind, PublicStatus } from "@afloat/shared/domain";
import { type Connection, connectionsOf, pingedMs } from "./connections.ts";
import { eventsOf } from "./happenings.ts";
import { type HappeningKind, type HostScript, isStandstill, type Script } from "./script.ts";

/** What a person has to be told, by the script alone. */
export interface Due {
  /** `host/service/kind/phase`, the same for what was told. */
  key: string;
  notBeforeMs: number;
  notAfterMs: number;
  /** False where it may be told, and need not: between two moments that only we know apart. */
  must: boolean;
}

/** The deadline of a host, and how late the alarm may ring before it counts as our absence. */
const DEADLINE_MS = 90_000;
const ABSENCE_MS = 20_000;
/** A deadline that passed is told of within this. */
const SOON_MS = 1_500;
/** Many that fall silent at once are told together, after this at most. */
const HOLD_MS = 120_000;
const MANY = 5;
/** D1 that was away is asked again at least this often. */
const D1_AGAIN_MS = 61_000;

/** Of which happenings a person is told, and of which also that they are over. */
const TOLD: Partial<Record<HappeningKind, { kind: IncidentKind; end: boolean }>> = {
  loop: { kind: "restart-loop", end: true },
  regressed: { kind: "endpoint-regressed", end: true },
  unproven: { kind: "endpoint-unproven", end: false },
  ended: { kind: "service-down", end: true },
  "port-conflict": { kind: "port-conflict", end: true },
};

/** Everything that somebody has to be told on this day. */
export function duesOf(script: Script): Due[] {
  const alone = script.hosts.flatMap((host) => {
    const connections = connectionsOf(host, script);
    return [...silenceDues(host, connections, script), ...serviceDues(host, connections, script)];
  });
  const organizations = new Set(script.hosts.map(({ organization }) => organization));
  return [...alone, ...[...organizations].flatMap((organization) => siteDues(script, organization))];
}

/** Most of an organization in one place that loses its network is told as one. */
function siteDues(script: Script, organization: number): Due[] {
  const ours = script.hosts.filter((host) => host.organization === organization);
  const gaps = ours.flatMap((host) => siteGapsOf(host, script));
  const longMs = HOLD_MS + SOON_MS;
  const still = gaps.filter(({ backMs, latestMs }) => Math.min(backMs, script.lengthMs) > latestMs + longMs);
  const must = still.length >= MANY && 2 * still.length > ours.length;
  const key = (phase: string) => `organization-${organization}/hosts-silent/${phase}`;
  if (gaps.length < MANY) return [];
  const notBeforeMs = Math.min(...gaps.map(({ earliestMs }) => earliestMs));
  const notAfterMs = withD1(script, Math.max(...gaps.map(({ latestMs }) => latestMs)) + HOLD_MS);
  const backMs = Math.max(...gaps.map((gap) => gap.backMs));
  return [
    { key: key("opened"), notBeforeMs, notAfterMs, must },
    { key: key("closed"), notBeforeMs, notAfterMs: withD1(script, backMs), must: must && backMs < script.lengthMs },
  ];
}

function siteGapsOf(host: HostScript, script: Script): Gap[] {
  return gapsOf(host, connectionsOf(host, script), script).filter((gap) => isOfSite(host, gap));
}

function isOfSite(host: HostScript, { before }: Gap): boolean {
  return host.absences.some(({ kind, fromMs }) => kind === "site" && fromMs === before.endMs);
}

/** Between two connections, or after the last one. */
export interface Gap {
  /** When it was heard last. */
  heardMs: number;
  /** Its next hello; Infinity where there is none on this day. */
  backMs: number;
  before: Connection;
  /** When it may be told that it is silent, and when it must have been. */
  earliestMs: number;
  latestMs: number;
}

/** Times in which a host was not connected, but for those that nobody has to hear of: announced, or past its time with us. */
export function gapsOf(host: HostScript, connections: readonly Connection[], script: Script): Gap[] {
  const sentMs = eventsOf(host, connections, script).map(({ atMs }) => atMs);
  return connections.flatMap((before, index) => {
    if (before.end === "bye" || before.end === "revoked" || before.end === "day") return [];
    const saidMs = sentMs.filter((atMs) => atMs >= before.helloMs && atMs < before.endMs);
    const seenMs = before.end === "lost" ? 0 : before.endMs;
    const heardMs = Math.max(before.helloMs, pingedMs(host, before, before.endMs) ?? 0, seenMs, ...saidMs);
    const backMs = connections[index + 1]?.helloMs ?? Infinity;
    return [{ heardMs, backMs, before, ...deadlineOf(host, script, heardMs) }];
  });
}

/** When the silence since `heardMs` may be, and has to be told, with what we were away ourselves. */
function deadlineOf(host: HostScript, { ours }: Script, heardMs: number): { earliestMs: number; latestMs: number } {
  let earliestMs = heardMs + DEADLINE_MS;
  let latestMs = earliestMs;
  const own = ours.filter((each) => !("organization" in each) || each.organization === host.organization);
  const atOf = (each: (typeof own)[number]) => ("atMs" in each ? each.atMs : each.toMs);
  for (const each of own.sort((a, b) => atOf(a) - atOf(b))) {
    if (each.kind === "deploy" && each.atMs >= heardMs && each.atMs <= latestMs) {
      latestMs = Math.max(latestMs, each.atMs + DEADLINE_MS);
    }
    if (each.kind === "cloud-away" && each.toMs >= heardMs && each.fromMs <= latestMs) {
      if (each.toMs - earliestMs > ABSENCE_MS) earliestMs = Math.max(earliestMs, each.toMs + DEADLINE_MS);
      latestMs = Math.max(latestMs, each.toMs + DEADLINE_MS);
    }
    if (each.kind === "late-alarm" && each.fromMs <= latestMs && latestMs < each.toMs) {
      const isAbsence = each.toMs - latestMs > ABSENCE_MS;
      latestMs = each.toMs + (isAbsence ? DEADLINE_MS : 0);
    }
  }
  return { earliestMs, latestMs };
}

function silenceDues(host: HostScript, connections: readonly Connection[], script: Script): Due[] {
  return gapsOf(host, connections, script).flatMap((gap) => {
    const { backMs, earliestMs } = gap;
    const isTogether = isOfSite(host, gap);
    const latestMs = gap.latestMs + (isTogether ? HOLD_MS : 0);
    const goneMs = Math.min(host.revokedMs ?? Infinity, script.lengthMs);
    if (Math.min(backMs, goneMs) < earliestMs) return [];
    const must = !isTogether && Math.min(backMs, goneMs) > latestMs + SOON_MS;
    const key = (phase: string) => `${host.name}/-/host-offline/${phase}`;
    const opened = { key: key("opened"), notBeforeMs: earliestMs, notAfterMs: withD1(script, latestMs), must };
    if (backMs >= goneMs) return [opened];
    return [opened, { key: key("closed"), notBeforeMs: backMs, notAfterMs: withD1(script, backMs), must }];
  });
}

function serviceDues(host: HostScript, connections: readonly Connection[], script: Script): Due[] {
  const toldMs = (atMs: number) => {
    const at = connections.find(({ helloMs, endMs }) => helloMs > atMs || atMs < endMs);
    return at === undefined ? Infinity : Math.max(atMs, at.helloMs);
  };
  return Object.entries(host.services).flatMap(([name, happenings]) =>
    happenings.flatMap(({ kind, fromMs, toMs }) => {
      const told = TOLD[kind];
      if (told === undefined) return [];
      const due = (phase: string, atMs: number): Due => ({
        key: `${host.name}/${name}/${told.kind}/${phase}`,
        ...{ notBeforeMs: atMs, notAfterMs: withD1(script, atMs), must: true },
      });
      const [openedMs, closedMs] = [toldMs(fromMs), toMs >= script.lengthMs ? Infinity : toldMs(toMs)];
      if (openedMs >= script.lengthMs) return [];
      // It was over when we heard of it: told once.
      if (openedMs === closedMs) return [due("closed", closedMs)];
      return [due("opened", openedMs), ...(told.end && closedMs < script.lengthMs ? [due("closed", closedMs)] : [])];
    }),
  );
}

/** What has to be told at `atMs` waits for D1. */
function withD1({ ours }: Script, atMs: number): number {
  const away = ours.find(
    (each) => each.kind === "d1-away" && each.fromMs <= atMs + SOON_MS && atMs < each.toMs + D1_AGAIN_MS,
  );
  return away?.kind === "d1-away" ? away.toMs + D1_AGAIN_MS : atMs + SOON_MS;
}

/** How a service stood for the public, and how far that is uncertain by what only we know. */
export interface Stood {
  /** In order; each holds till the next. */
  changes: { atMs: number; status: PublicStatus }[];
  /** Times of which either is right: what stood on, or unknown. */
  unsure: { fromMs: number; toMs: number }[];
}

const PUBLIC: Record<HappeningKind, PublicStatus> = {
  ...{ crash: "outage", loop: "outage", failing: "outage", ended: "outage", "port-conflict": "outage" },
  ...{ regressed: "degraded_performance", unproven: "operational", paused: "maintenance" },
};

/** The truth about a service, second by second. */
export function stoodOf(host: HostScript, service: string, script: Script): Stood {
  const connections = connectionsOf(host, script);
  const changes: Stood["changes"] = [{ atMs: connections[0]?.helloMs ?? Infinity, status: "operational" }];
  for (const { kind, fromMs, toMs } of host.services[service] ?? []) {
    changes.push({ atMs: fromMs, status: PUBLIC[kind] }, { atMs: toMs, status: "operational" });
  }
  const unsure: Stood["unsure"] = [];
  const unknown = (fromMs: number, toMs: number) => {
    changes.push({ atMs: fromMs, status: "unknown" });
    if (toMs < script.lengthMs) changes.push({ atMs: toMs, status: "operational" });
  };
  for (const { heardMs, backMs, earliestMs, latestMs } of gapsOf(host, connections, script)) {
    const toMs = Math.min(backMs, script.lengthMs);
    const still = host.absences.filter((each) => isStandstill(each) && each.fromMs < toMs && each.toMs > heardMs);
    if (toMs < earliestMs) continue;
    // It watched meanwhile, and told everything.
    if (backMs < script.lengthMs && still.length === 0) continue;
    const [only] = still;
    const isClear =
      toMs > latestMs + SOON_MS && (backMs > script.lengthMs || (still.length === 1 && only !== undefined));
    if (isClear) unknown(heardMs, backMs > script.lengthMs ? Infinity : (only?.toMs ?? backMs));
    else unsure.push({ fromMs: heardMs, toMs });
  }
  for (const [index, { end, endMs }] of connections.entries()) {
    if (end === "bye") unknown(endMs, connections[index + 1]?.helloMs ?? Infinity);
  }
  return { changes: changes.sort((a, b) => a.atMs - b.atMs), unsure };
}
