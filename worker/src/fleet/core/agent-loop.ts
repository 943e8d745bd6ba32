import { durationWords } from "@afloat/shared/core/duration";
import type { JournalEvent } from "@afloat/shared/wire";
import type { IncidentTurn } from "./change.ts";
import type { FleetHost, OpenIncident } from "./fleet-types.ts";

/** Starts of an agent after a run that never said that it ends, which make it a loop. */
export const STARTS = 4;
/** Inside so long, milliseconds. */
export const WITHIN_MS = 10 * 60_000;
/** It is over when the agent ran for so long since, milliseconds. */
export const STEADY_MS = 10 * 60_000;

/** How an agent started of late. */
export interface AgentRuns {
  /** It runs, as far as is known: it said that it started, and not that it ended. */
  runs: boolean;
  /** Starts after a run that never said that it ends, oldest first. */
  crashedMs: number[];
}

/** An event about the agent itself, or null: then nothing is known better. */
export function countRun(before: AgentRuns | undefined, event: JournalEvent, atMs: number): AgentRuns | null {
  if (event.kind === "agent-stopped") return { runs: false, crashedMs: before?.crashedMs ?? [] };
  if (event.kind !== "agent-started") return null;
  const recent = (before?.crashedMs ?? []).filter((ms) => atMs - ms < WITHIN_MS);
  const crashedMs = before?.runs === true ? [...recent, atMs].slice(-STARTS) : recent;
  return { runs: true, crashedMs };
}

/** The agent starts again and again: an incident of its host. When it is over is another question, since it may go on. */
export function decideAgentLoop(host: FleetHost, { crashedMs }: AgentRuns, id: string): IncidentTurn[] {
  const [firstMs] = crashedMs;
  const lastMs = crashedMs.at(-1);
  if (crashedMs.length < STARTS || firstMs === undefined || lastMs === undefined) return [];
  const span = durationWords(lastMs - firstMs);
  const words = {
    title: `${host.name}: its agent starts again and again`,
    cause: `${crashedMs.length} starts in ${span}, each after a run that ended without a word`,
  };
  const of = { kind: "agent-loop" as const, hostId: host.id, hostName: host.name, service: null };
  const times = { openedMs: lastMs, closedMs: null };
  const view = { id, ...of, ...words, causeCode: null, ...times, lastLines: [], told: [] };
  const evidence = { lastLines: [], exit: null, restarts: crashedMs.length, spanMs: lastMs - firstMs, causeCode: null };
  return [{ kind: "opened", view, subjectId: host.id, evidence, tell: true }];
}

/** It is over since the agent ran for long enough, where that is no later than `byMs`; else it stands. */
export function decideAgentLoopOver(
  host: Pick<FleetHost, "agentRuns" | "countFromMs">,
  incident: OpenIncident,
  byMs: number,
): IncidentTurn[] {
  const overMs = agentLoopOverMs(host, incident);
  return overMs > byMs ? [] : [{ kind: "closed", ...incident, atMs: overMs, tell: true }];
}

/** When it is over, if the agent does not start anew before. Who took the host over does not know when it started last. */
export function agentLoopOverMs(
  { agentRuns, countFromMs }: Pick<FleetHost, "agentRuns" | "countFromMs">,
  { view }: OpenIncident,
): number {
  return (agentRuns?.crashedMs.at(-1) ?? Math.max(view.openedMs, countFromMs)) + STEADY_MS;
}
