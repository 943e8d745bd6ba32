import { noChange } from "./core/change.ts";
import { commandDueMs, decideOverdue } from "./core/command-flight.ts";
import { decideFailedCommand } from "./core/failed-command.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { decideLiveness } from "./core/liveness.ts";
import { heldIncidentsDueMs, sweepHeldIncidents } from "./maintained.ts";
import type { Nerve } from "./nerve.ts";
import { isOut, partWithKnown } from "./removed-hosts.ts";
import { awaitedMs, sweepHosts, watchedOf } from "./silent-hosts.ts";
import { standingDueMs, sweepStanding } from "./standing.ts";

/** What failed is tried again after so long, milliseconds: an alarm that throws must neither be the last nor come at once for ever. */
const FAILED_AGAIN_MS = 60_000;

/**
 * What falls due by itself: silent hosts, commands nobody took, incidents that time ends. Changes only what is due; run twice, it
 * does nothing more. What fails costs the rest nothing; answers whether anything did.
 */
export function sweep(nerve: Nerve, nowMs: number): { failed: boolean } {
  let failed = false;
  const attempt = (what: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      failed = true;
      console.error(`the alarm could not see to ${what}`, error);
    }
  };
  for (const command of [...nerve.store.commands.values()]) {
    attempt(`command ${command.id}`, () => {
      const ended = decideOverdue(command, nowMs);
      if (ended === null) return;
      const hostName = nerve.store.hosts.get(command.hostId)?.name ?? "";
      const incidents = decideFailedCommand(ended, hostName);
      nerve.commit(command.hostId, { ...noChange(), commands: new Map([[ended.id, ended]]), incidents }, null, nowMs);
    });
  }
  // Before others are looked at: who was removed is not missed.
  partWithKnown(nerve, nowMs, attempt);
  for (const [organizationId, hosts] of byOrganization(nerve)) {
    attempt(`organization ${organizationId}`, () => sweepHosts(nerve, organizationId, hosts, nowMs, attempt));
  }
  sweepStanding(nerve, nowMs, attempt);
  attempt("incidents of maintenance", () => sweepHeldIncidents(nerve, nowMs));
  return { failed };
}

/** The earliest moment at which something may fall due; null where nothing can. */
export function nextDueMs(nerve: Nerve, nowMs: number, { failed }: { failed: boolean }): number | null {
  const dues = [...nerve.store.commands.values()].map(commandDueMs);
  for (const host of nerve.store.hosts.values()) {
    const dueMs = hostDueMs(nerve, host, nowMs);
    if (dueMs !== null) dues.push(dueMs);
  }
  dues.push(...standingDueMs(nerve, nowMs), ...heldIncidentsDueMs(nerve));
  if (nerve.recorder.retryAtMs !== null) dues.push(nerve.recorder.retryAtMs);
  else if (nerve.store.journal.pending.length > 0) dues.push(nowMs);
  // What is damaged has no time, and must not cost the others theirs.
  const times = dues.filter((dueMs) => Number.isFinite(dueMs));
  if (times.length === 0) return failed ? nowMs + FAILED_AGAIN_MS : null;
  return Math.max(Math.min(...times), failed ? nowMs + FAILED_AGAIN_MS : 0);
}

/** The same, whatever goes wrong in finding it out. */
export function nextDueAtLastMs(nerve: Nerve, nowMs: number, swept: { failed: boolean }): number | null {
  try {
    return nextDueMs(nerve, nowMs, swept);
  } catch (error) {
    console.error("the next deadline could not be found out", error);
    return nowMs + FAILED_AGAIN_MS;
  }
}

function hostDueMs(nerve: Nerve, host: FleetHost, nowMs: number): number | null {
  if (host.version === null) return isOut(host) ? null : nowMs;
  if (host.link === "away") return awaitedMs(nerve, host, nowMs);
  if (host.link === "silent") return host.held?.untilMs ?? null;
  if (host.link === "never") return null;
  const liveness = decideLiveness(watchedOf(nerve, host, nowMs), nowMs);
  // That it is excused is written by the next sweep, and its deadline counts from there.
  return liveness.kind === "heard" ? liveness.dueMs : nowMs;
}

function byOrganization(nerve: Nerve): Map<string, FleetHost[]> {
  const all = new Map<string, FleetHost[]>();
  for (const host of nerve.store.hosts.values()) {
    const hosts = all.get(host.organizationId);
    if (hosts === undefined) all.set(host.organizationId, [host]);
    else hosts.push(host);
  }
  return all;
}
