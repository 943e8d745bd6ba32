import type { ServiceUse } from "@afloat/shared/wire";
import { withPeople } from "../fleet/core/overlay.ts";
import { isWith, type Shard } from "../fleet/core/placement.ts";
import type {
  CommandView,
  FleetView,
  HostView,
  IncidentView,
  LiveMessage,
  Rest,
  ServiceView,
  SetAsideView,
} from "../live.ts";
import { restOf } from "./rest-of.ts";

/** Closed incidents and ended commands that a dashboard keeps; open ones are all kept. */
const CLOSED_LIMIT = 20;
const COMMANDS_LIMIT = 50;

/** What a dashboard shows after one more message. The same message twice changes nothing more. */
export function reduceFleet(fleet: FleetView, message: LiveMessage): FleetView {
  switch (message.type) {
    case "fleet":
      return message.shard === undefined ? message.fleet : withShard(fleet, message.fleet, message.shard);
    case "host":
      return { ...fleet, hosts: withHost(fleet.hosts, message.host) };
    case "host-removed":
      return { ...fleet, hosts: fleet.hosts.filter(({ id }) => id !== message.hostId) };
    case "service":
      return onHost(fleet, message.hostId, (host) => ({ ...host, services: withService(host, message.service) }));
    case "measures":
      return onHost(fleet, message.hostId, (host) => ({ ...host, services: withUses(host, message.services) }));
    case "service-removed":
      return onHost(fleet, message.hostId, (host) => ({
        ...host,
        services: host.services.filter(({ snapshot }) => snapshot.name !== message.name),
      }));
    case "tail":
      // One person's own, and no part of the fleet (client/dashboard.tsx).
      return fleet;
    case "maintenance":
      return { ...fleet, maintenance: message.maintenance };
    case "set-aside":
      return withAside(fleet, message.at ?? 0, message.setAside);
    case "incident": {
      const known = fleet.incidents.find(({ id }) => id === message.incident.id);
      const incident = withPeople(message.incident, known);
      return { ...fleet, incidents: kept(put(fleet.incidents, incident, ({ id }) => id)) };
    }
    case "command": {
      const known = fleet.commands.find(({ id }) => id === message.command.id);
      // The answer to an order may come after the first steps were pushed.
      if (known !== undefined && known.steps.length > message.command.steps.length) return fleet;
      const others = fleet.commands.filter(({ id }) => id !== message.command.id);
      return { ...fleet, commands: newest([message.command, ...others]) };
    }
  }
}

/** All of the hosts of one shard are told anew; those of the others stay as they were. */
function withShard(before: FleetView, told: FleetView, shard: Shard): FleetView {
  const isElsewhere = ({ hostId }: { hostId: string }) => !isWith(shard, hostId);
  const shown = before.hosts.filter(({ id }) => isWith(shard, id));
  const hosts = [...before.hosts.filter(({ id }) => !isWith(shard, id)), ...told.hosts];
  const fleet: FleetView = {
    ...before,
    hosts: hosts.sort((a, b) => (a.name < b.name ? -1 : 1)),
    incidents: kept([...before.incidents.filter(isElsewhere), ...told.incidents]),
    commands: newest([...before.commands.filter(isElsewhere), ...told.commands]),
    ...(told.maintenance === undefined ? {} : { maintenance: told.maintenance }),
    ...(before.rest === undefined ? {} : { rest: without(before.rest, restOf(told.hosts), restOf(shown)) }),
  };
  const asides = Object.entries(before.asides ?? {}).filter(([at]) => Number(at) < shard.of);
  return withAside({ ...fleet, asides: Object.fromEntries(asides) }, shard.at, told.setAside ?? null);
}

/** What came of a shard is not missing any more, but for what of it was shown before. */
function without(rest: Rest, came: Rest, shown: Rest): Rest {
  const left = (which: keyof Rest) => Math.max(0, rest[which] - Math.max(0, came[which] - shown[which]));
  return { hosts: left("hosts"), silent: left("silent"), services: left("services") };
}

/** Of several shards the newest is shown, and how many there are in all. */
function withAside(fleet: FleetView, at: number, setAside: SetAsideView | null): FleetView {
  const asides = { ...fleet.asides, [at]: setAside };
  const all = Object.values(asides).filter((each) => each !== null);
  const [last] = all.sort((a, b) => b.atMs - a.atMs);
  const count = all.reduce((sum, each) => sum + each.count, 0);
  return { ...fleet, asides, setAside: last === undefined ? null : { ...last, count } };
}

/** Open incidents first, and the latest closed. */
function kept(incidents: readonly IncidentView[]): IncidentView[] {
  let closed = 0;
  return incidents
    .toSorted((a, b) => Number(a.closedMs !== null) - Number(b.closedMs !== null) || b.openedMs - a.openedMs)
    .filter(({ closedMs }) => closedMs === null || ++closed <= CLOSED_LIMIT);
}

function newest(commands: readonly CommandView[]): CommandView[] {
  return commands.toSorted((a, b) => (b.steps[0]?.atMs ?? 0) - (a.steps[0]?.atMs ?? 0)).slice(0, COMMANDS_LIMIT);
}

/** Measured again by and by: what is known of its use stays while its state changes. */
function withService({ services }: HostView, changed: ServiceView): ServiceView[] {
  const use = services.find(({ snapshot }) => snapshot.name === changed.snapshot.name)?.use;
  return put(services, use === undefined ? changed : { ...changed, use }, ({ snapshot }) => snapshot.name);
}

function withUses({ services }: HostView, uses: readonly ServiceUse[]): ServiceView[] {
  const byName = new Map(uses.map((use) => [use.name, use]));
  return services.map((service) => {
    const use = byName.get(service.snapshot.name);
    return use === undefined ? service : { ...service, use };
  });
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
