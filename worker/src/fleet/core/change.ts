import type { HostView, IncidentView, LiveMessage } from "../../live.ts";
import type { IncidentEvidence } from "../../db/schema.ts";
import { hasEnded, viewOfCommand } from "./command-flight.ts";
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
  opened: Opening[];
  closed: { view: IncidentView; subjectId: string; atMs: number; tell: boolean }[];
  /** Commands as they are from now on, by id. */
  commands: Map<string, FlyingCommand>;
  /** Flips, and what else is only written down. */
  written: DurableRecord[];
}

export interface Opening extends OpenIncident {
  evidence: IncidentEvidence;
  /** Whether a person is told. */
  tell: boolean;
}

export function noChange(): Change {
  return {
    patch: {},
    services: new Map(),
    removed: new Map(),
    opened: [],
    closed: [],
    commands: new Map(),
    written: [],
  };
}

/** What D1 is to hold of it, in an order in which every row finds what it refers to. */
export function recordsOf(change: Change, nowMs: number): DurableRecord[] {
  const closedIds = new Set(change.closed.map((closing) => closing.view.id));
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
    ...change.opened.flatMap((opening): DurableRecord[] => {
      const { view, subjectId, evidence } = opening;
      const row: DurableRecord = { kind: "incident-opened", view, subjectId, evidence };
      // What began and ended before it reached us wakes nobody: it is told once, by its end.
      if (!opening.tell || closedIds.has(view.id)) return [row];
      return [row, { kind: "notice", incidentId: view.id, phase: "opened", atMs: nowMs }];
    }),
    ...change.closed.flatMap(({ view, atMs, tell }): DurableRecord[] => {
      const row: DurableRecord = { kind: "incident-closed", id: view.id, atMs };
      return tell ? [row, { kind: "notice", incidentId: view.id, phase: "closed", atMs: nowMs }] : [row];
    }),
    ...[...change.commands.values()].map((command): DurableRecord => ({
      kind: "command",
      id: command.id,
      steps: command.steps,
    })),
  ];
}

/** What those who are looking see of it. `host` is the host as it is after the change. */
export function messagesOf(host: FleetHost, lastSeenMs: number | null, change: Change): LiveMessage[] {
  const closedIds = new Set(change.closed.map((closing) => closing.view.id));
  return [
    ...(Object.keys(change.patch).length > 0 ? [{ type: "host" as const, host: viewOfHost(host, lastSeenMs) }] : []),
    ...[...change.services.values()].map(({ snapshot }) => ({
      type: "service" as const,
      hostId: host.id,
      service: { id: serviceIdOf(host.id, snapshot.name), snapshot },
    })),
    ...[...change.removed.keys()].map((name) => ({ type: "service-removed" as const, hostId: host.id, name })),
    ...change.opened
      .filter((opening) => !closedIds.has(opening.view.id))
      .map((opening) => ({ type: "incident" as const, incident: opening.view })),
    ...change.closed.map(({ view, atMs }) => ({ type: "incident" as const, incident: { ...view, closedMs: atMs } })),
    ...[...change.commands.values()].map((command) => ({ type: "command" as const, command: viewOfCommand(command) })),
  ];
}

/** The host as the dashboard shows it, without its services. */
export function viewOfHost(host: FleetHost, lastSeenMs: number | null): Omit<HostView, "services"> {
  const { id, name, os, arch, agentVersion, link, linkSinceMs, remote } = host;
  return { id, name, os, arch, agentVersion, link, lastSeenMs, linkSinceMs, remote };
}

/** True where there is nothing to write, push or hold. */
export function isEmpty(change: Change): boolean {
  return (
    Object.keys(change.patch).length === 0 &&
    change.services.size + change.removed.size + change.commands.size === 0 &&
    change.opened.length + change.closed.length + change.written.length === 0
  );
}

/** Commands of the change that are over: they need no place in the Fleet any more. */
export function endedCommands(change: Change): FlyingCommand[] {
  return [...change.commands.values()].filter(hasEnded);
}
