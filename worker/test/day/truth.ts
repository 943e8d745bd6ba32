import type { IncidentKind } from "@afloat/shared/domain";
import { type Connection, connectionsOf, triesOf } from "./connections.ts";
import { gapsOf, oursOf, ringsMs, SOON_MS, toldByMs } from "./gaps.ts";
import type { Happening, HappeningKind, HostScript, Script } from "./script.ts";
import { silenceDues } from "./silences.ts";
import { siteDues, siteOf } from "./site.ts";
import { spansOn } from "./work.ts";

/** What a person has to be told, by the script alone. */
export interface Due {
  /** `host/service/kind/phase`, the same for what was told. */
  key: string;
  notBeforeMs: number;
  notAfterMs: number;
  /** False where it may be told, and need not: between two moments that only we know apart. */
  must: boolean;
}

/** Of which happenings a person is told, and of which also that they are over. */
const TOLD: Partial<Record<HappeningKind, { kind: IncidentKind; end: boolean }>> = {
  loop: { kind: "restart-loop", end: true },
  regressed: { kind: "endpoint-regressed", end: true },
  unproven: { kind: "endpoint-unproven", end: false },
  ended: { kind: "service-down", end: true },
  "port-conflict": { kind: "port-conflict", end: true },
};

/** A second machine that is refused again after this is one. */
const SECOND_MS = 45_000;
/** Which has not tried for so long is gone. */
const SECOND_GONE_MS = 20 * 60_000;

/** Everything that somebody has to be told on this day. */
export function duesOf(script: Script): Due[] {
  const organizations = Map.groupBy(script.hosts, ({ organization }) => organization);
  const dues = [...organizations.values()].flatMap((hosts) => organizationDues(hosts, script));
  // What is told after the day is over, nobody waits for.
  return dues.map((due) => ({ ...due, must: due.must && due.notAfterMs < script.lengthMs }));
}

function organizationDues(hosts: readonly HostScript[], script: Script): Due[] {
  const all = hosts.map((host) => {
    const connections = connectionsOf(host, script);
    return { host, connections, gaps: gapsOf(host, connections, script) };
  });
  const site = siteOf(all, hosts[0]?.fleet ?? 0, script);
  const alone = all.flatMap((each) => [
    ...silenceDues(each, site, script),
    ...serviceDues(each.host, each.connections, script),
    ...cloneDues(each.host, each.connections, script),
  ]);
  return site === null ? alone : [...alone, ...siteDues(site, all, script)];
}

function serviceDues(host: HostScript, connections: readonly Connection[], script: Script): Due[] {
  return Object.entries(host.services).flatMap(([name, happenings]) =>
    happenings.flatMap((happening) => happeningDues(host, name, happening, { connections, script })),
  );
}

function happeningDues(
  host: HostScript,
  name: string,
  { kind, fromMs, toMs }: Happening,
  { connections, script }: { connections: readonly Connection[]; script: Script },
): Due[] {
  const told = TOLD[kind];
  const toldMs = (atMs: number) => {
    const at = connections.find(({ helloMs, endMs }) => helloMs > atMs || atMs < endMs);
    return at === undefined ? Infinity : Math.max(atMs, at.helloMs);
  };
  const [openedMs, closedMs] = [toldMs(fromMs), toMs >= script.lengthMs ? Infinity : toldMs(toMs)];
  if (told === undefined || openedMs >= script.lengthMs) return [];
  const due = (phase: string, notBeforeMs: number, latestMs = notBeforeMs, must = true): Due => {
    const notAfterMs = toldByMs(script, host.fleet, latestMs);
    return { key: `${host.name}/${name}/${told.kind}/${phase}`, notBeforeMs, notAfterMs, must };
  };
  const hasEnd = told.end && closedMs < script.lengthMs;
  const spans = spansOn(host, name);
  const workAt = (atMs: number) => spans.find((span) => span.fromMs <= atMs && atMs < span.toMs);
  const work = workAt(openedMs);
  // It was over when we heard of it: told once, and not at all where it was worked on.
  if (openedMs === closedMs) return (work ?? workAt(fromMs)) === undefined ? [due("closed", closedMs)] : [];
  if (work === undefined) return [due("opened", openedMs), ...(hasEnd ? [due("closed", closedMs)] : [])];
  if (closedMs <= work.toMs) return [];
  const latestMs = ringsMs(script, host.fleet, work.toMs);
  // Over in the very moment in which it was to be told: either is right.
  const must = closedMs > latestMs + SOON_MS;
  const closed = hasEnd ? [due("closed", closedMs, closedMs, must)] : [];
  return [due("opened", work.toMs, latestMs, must), ...closed];
}

/** One alert for each time that a second machine tries and tries again. */
function cloneDues(host: HostScript, connections: readonly Connection[], script: Script): Due[] {
  const dues: Due[] = [];
  const isLateBetween = (fromMs: number, toMs: number) =>
    oursOf(script, host.fleet).some(
      (each) => "toMs" in each && each.kind !== "d1-away" && each.fromMs < toMs && each.toMs > fromMs,
    );
  let session = { firstMs: -Infinity, lastMs: -Infinity, isTold: false, mayStand: false };
  for (const atMs of triesOf(host, connections, script)) {
    const isOver = atMs - session.lastMs >= SECOND_GONE_MS;
    // A late alarm may have left the alert of before open: then it need not be told again.
    const mayStand = isOver ? session.isTold && isLateBetween(session.lastMs, atMs) : session.mayStand;
    session = isOver ? { firstMs: atMs, lastMs: atMs, isTold: false, mayStand } : { ...session, lastMs: atMs };
    if (session.isTold || atMs - session.firstMs <= SECOND_MS) continue;
    session.isTold = true;
    const key = `${host.name}/-/host-cloned/opened`;
    dues.push({
      key,
      notBeforeMs: atMs,
      notAfterMs: toldByMs(script, host.fleet, atMs),
      must: !session.mayStand,
    });
  }
  return dues;
}
