import type { HostView, IncidentView, LiveMessage } from "../../live.ts";
import type { IncidentEvidence, ManySilent } from "../../db/schema.ts";
import { viewOfCommand } from "./command-flight.ts";
import {
  type DurableRecord,
  type FleetHost,
  type FleetService,
  type FlyingCommand,
  type HostPatch,
  type OpenIncident,
  serviceIdOf,
} from "./fleet-types.ts";

/** What one arrival, one alarm or one order changes about one host. Decided purely, then carried out in one place. */
export interface Change {
  patch: HostPatch;
  /** Services as they are from now on, by name. */
  services: Map<string, FleetService>;
  removed: Map<string, { atMs: number }>;
  /** Openings and closings in the order in which they happened: one of a kind may follow another. */
  incidents: IncidentTurn[];
  /** Commands as they are from now on, by id. */
  commands: Map<string, FlyingCommand>;
  /** Flips, and what else is only written down. */
  written: DurableRecord[];
}

/** `tell`: whether a person is told. */
export type IncidentTurn = OpenIncident & { tell: boolean } & (
    | { kind: "opened"; evidence: IncidentEvidence }
    | { kind: "closed"; atMs: number }
    | { kind: "reworded"; many: ManySilent }
    /** It was open before, and held: people are told only now. */
    | { kind: "told"; atMs: number }
  );

export function noChange(): Change {
  return {
    patch: {},
    services: new Map(),
    removed: new Map(),
    incidents: [],
    commands: new Map(),
    written: [],
  };
}

/** What D1 is to hold of it, in an order in which every row finds what it refers to. */
export function recordsOf(change: Change, nowMs: number): DurableRecord[] {
  return [
    ...[...change.services.values()].map(({ snapshot, publicStatus }): DurableRecord => ({
      kind: "service",
      name: snapshot.name,
      snapshot,
      publicStatus,
      atMs: nowMs,
    })),
    ...[...change.removed].map(([name, { atMs }]): DurableRecord => ({ kind: "service-removed", name, atMs })),
    ...change.written,
    ...change.incidents.flatMap((turn) => incidentRecords(change, turn, nowMs)),
    ...[...change.commands.values()].map((command): DurableRecord => ({
      kind: "command",
      id: command.id,
      steps: command.steps,
    })),
  ];
}

function incidentRecords(change: Change, turn: IncidentTurn, nowMs: number): DurableRecord[] {
  const { view, subjectId } = turn;
  if (turn.kind === "reworded") {
    const { id, title, cause } = view;
    return [{ kind: "incident-reworded", id, title, cause, many: turn.many }];
  }
  if (turn.kind === "told") return [{ kind: "notice", incidentId: view.id, phase: "opened", atMs: turn.atMs }];
  const row: DurableRecord =
    turn.kind === "opened"
      ? { kind: "incident-opened", view, subjectId, evidence: turn.evidence }
      : { kind: "incident-closed", id: view.id, atMs: turn.atMs };
  // What began and ended before it reached us wakes nobody: it is told once, by its end. A command that failed has no other.
  const late = turn.kind === "opened" && view.kind !== "command-failed" && hasClosing(change, view.id);
  // Of what began during maintenance nobody hears before that is over, nor that it ended meanwhile.
  if (!turn.tell || late || view.heldUntilMs !== undefined) return [row];
  return [row, { kind: "notice", incidentId: view.id, phase: turn.kind, atMs: nowMs }];
}

function hasClosing(change: Change, id: string): boolean {
  return change.incidents.some((turn) => turn.kind === "closed" && turn.view.id === id);
}

/** What those who are looking see of it. `host` is the host as it is after the change. */
export function messagesOf(host: FleetHost, lastSeenMs: number | null, change: Change): LiveMessage[] {
  return [
    ...(Object.keys(change.patch).length > 0 ? [{ type: "host" as const, host: viewOfHost(host, lastSeenMs) }] : []),
    ...[...change.services.values()].map(({ snapshot }) => ({
      type: "service" as const,
      hostId: host.id,
      service: { id: serviceIdOf(host.id, snapshot.name), snapshot },
    })),
    ...[...change.removed.keys()].map((name) => ({ type: "service-removed" as const, hostId: host.id, name })),
    ...change.incidents
      .filter((turn) => turn.kind !== "opened" || !hasClosing(change, turn.view.id))
      .map((turn) => ({ type: "incident" as const, incident: viewOfTurn(turn) })),
    ...[...change.commands.values()].map((command) => ({ type: "command" as const, command: viewOfCommand(command) })),
  ];
}

function viewOfTurn(turn: IncidentTurn): IncidentView {
  return turn.kind === "closed" ? { ...turn.view, closedMs: turn.atMs } : turn.view;
}

/** The host as the dashboard shows it, without its services. */
export function viewOfHost(host: FleetHost, lastSeenMs: number | null): Omit<HostView, "services"> {
  const { id, name, os, arch, agentVersion, link, linkSinceMs, remote, absence, sleeps, offlineAfterMs } = host;
  const { held = null, countFromMs } = host;
  const isExcused = link === "online" && (host.excuses ?? 0) > 0 && countFromMs > (lastSeenMs ?? 0);
  const excusedUntilMs = isExcused ? countFromMs + offlineAfterMs : null;
  const said = { absence, sleeps, offlineAfterMs, held, excusedUntilMs };
  return { id, name, os, arch, agentVersion, link, lastSeenMs, linkSinceMs, remote, ...said };
}

/** True where there is nothing to write, push or hold. */
export function isEmpty(change: Change): boolean {
  return (
    Object.keys(change.patch).length === 0 &&
    change.services.size + change.removed.size + change.commands.size === 0 &&
    change.incidents.length + change.written.length === 0
  );
}
