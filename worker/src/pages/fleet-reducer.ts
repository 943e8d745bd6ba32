import type { FleetView, HostView, LiveMessage } from "../live.ts";

/** Closed incidents and ended commands that a dashboard keeps; open ones are all kept. */
const CLOSED_LIMIT = 20;
const COMMANDS_LIMIT = 50;

/** What a dashboard shows after one more message. The same message twice changes nothing more. */
export function reduceFleet(fleet: FleetView, message: LiveMessage): FleetView {
  switch (message.type) {
    case "fleet":
      return message.fleet;
    case "host":
      return { ...fleet, hosts: withHost(fleet.hosts, message.host) };
    case "host-removed":
      return { ...fleet, hosts: fleet.hosts.filter(({ id }) => id !== message.hostId) };
    case "service":
      return onHost(fleet, message.hostId, (host) => ({
        ...host,
        services: put(host.services, message.service, ({ snapshot }) => snapshot.name),
      }));
    case "service-removed":
      return onHost(fleet, message.hostId, (host) => ({
        ...host,
        services: host.services.filter(({ snapshot }) => snapshot.name !== message.name),
      }));
    case "incident": {
      const all = put(fleet.incidents, message.incident, ({ id }) => id).sort(
        (a, b) => Number(a.closedMs !== null) - Number(b.closedMs !== null) || b.openedMs - a.openedMs,
      );
      let closed = 0;
      return { ...fleet, incidents: all.filter(({ closedMs }) => closedMs === null || ++closed <= CLOSED_LIMIT) };
    }
    case "command": {
      const known = fleet.commands.find(({ id }) => id === message.command.id);
      // The answer to an order may come after the first steps were pushed.
      if (known !== undefined && known.steps.length > message.command.steps.length) return fleet;
      const others = fleet.commands.filter(({ id }) => id !== message.command.id);
      const all = [message.command, ...others].sort((a, b) => (b.steps[0]?.atMs ?? 0) - (a.steps[0]?.atMs ?? 0));
      return { ...fleet, commands: all.slice(0, COMMANDS_LIMIT) };
    }
  }
}

function withHost(hosts: readonly HostView[], changed: Omit<HostView, "services">): HostView[] {
  const services = hosts.find(({ id }) => id === changed.id)?.services ?? [];
  return put(hosts, { ...changed, services }, ({ id }) => id).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function onHost(fleet: FleetView, hostId: string, change: (host: HostView) => HostView): FleetView {
  return { ...fleet, hosts: fleet.hosts.map((host) => (host.id === hostId ? change(host) : host)) };
}

/** The list with this one in the place of the one with the same key, or at the end. */
function put<T>(list: readonly T[], one: T, key: (of: T) => string): T[] {
  const at = list.findIndex((each) => key(each) === key(one));
  return at === -1 ? [...list, one] : list.with(at, one);
}
