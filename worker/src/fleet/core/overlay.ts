import type { CommandView, FleetView, HostView, IncidentView, SetAsideView } from "../../live.ts";
import type { NamedMaintenance } from "../../maintenance/core/maintenance.ts";
import { viewOfCommand } from "./command-flight.ts";
import type { Entry, FlyingCommand, OpenIncident } from "./fleet-types.ts";

/** What the Fleet knows better than D1 at this moment. */
export interface Live {
  hosts: HostView[];
  incidents: OpenIncident[];
  commands: FlyingCommand[];
  /** Held, and not in D1 yet. */
  pending: readonly Entry[];
  setAside: SetAsideView | null;
  /** Maintenance of the organization, as the Fleet knows it. */
  maintenance: readonly NamedMaintenance[];
}

/** What D1 holds with what is newer laid over it; without D1, what the Fleet knows by itself. */
export function overlay(recorded: FleetView, live: Live): FleetView {
  const hosts = new Map(recorded.hosts.map((host) => [host.id, host]));
  for (const host of live.hosts) hosts.set(host.id, host);
  return {
    hosts: [...hosts.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    incidents: overlaidIncidents(recorded.incidents, live),
    commands: overlaidCommands(recorded.commands, live),
    setAside: live.setAside,
    maintenance: [...live.maintenance],
  };
}

function overlaidIncidents(recorded: readonly IncidentView[], live: Live): IncidentView[] {
  const incidents = new Map(recorded.map((incident) => [incident.id, incident]));
  for (const { view } of live.incidents) incidents.set(view.id, withPeople(view, incidents.get(view.id)));
  for (const record of live.pending.flatMap((entry) => entry.records)) {
    if (record.kind !== "incident-closed") continue;
    const incident = incidents.get(record.id);
    if (incident !== undefined) incidents.set(record.id, { ...incident, closedMs: record.atMs });
  }
  return [...incidents.values()].sort(
    (a, b) => Number(a.closedMs !== null) - Number(b.closedMs !== null) || b.openedMs - a.openedMs,
  );
}

/** What the Fleet says of an incident, with what it does not know: who was told, and who looks after it. */
export function withPeople(said: IncidentView, known: IncidentView | undefined): IncidentView {
  const { told = [], acknowledged } = known ?? {};
  const people = said.told.length > 0 ? {} : { told };
  return { ...(acknowledged === undefined ? {} : { acknowledged }), ...said, ...people };
}

function overlaidCommands(recorded: readonly CommandView[], live: Live): CommandView[] {
  const commands = new Map(recorded.map((command) => [command.id, command]));
  for (const command of live.commands) commands.set(command.id, viewOfCommand(command));
  for (const record of live.pending.flatMap((entry) => entry.records)) {
    if (record.kind !== "command") continue;
    const command = commands.get(record.id);
    if (command !== undefined && command.steps.length < record.steps.length) {
      commands.set(record.id, { ...command, steps: record.steps });
    }
  }
  return [...commands.values()].sort((a, b) => (b.steps[0]?.atMs ?? 0) - (a.steps[0]?.atMs ?? 0));
}
