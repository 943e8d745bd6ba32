import type { Role, ServiceSnapshot, Verb } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import type { CommandView, FleetView, HostView } from "../../live.ts";

/** All that the dashboard shows: the same on the server and, kept alive, in the browser. */
export interface Model {
  fleet: FleetView;
  role: Role;
  mayCommand: boolean;
  mayRevoke: boolean;
  nowMs: number;
  /** Null while it is live; else since when it is not. In the server's page it is not live yet. */
  staleSinceMs: number | null;
  /** Only services and hosts with this in their name. */
  filter: string;
  /** The service whose restart, or the host whose removal, is being asked about. */
  asking: string | null;
  /** What went wrong with the last order for a service, by service id. */
  faults: Record<string, string>;
  /** The service the keyboard is at. */
  at: string | null;
}

/** What a person may do on it. */
export interface Acts {
  ask: (id: string | null) => void;
  order: (hostId: string, service: string, verb: Verb) => void;
}

/** How long an ended command is still shown where its button was, milliseconds. */
const ENDED_FOR_MS = 8_000;

/** The page's first line, written from the state. */
export function headline({ hosts, incidents }: FleetView): string {
  if (hosts.length === 0) return "No host yet";
  const loud = incidents.filter(({ closedMs, kind }) => closedMs === null && kind !== "endpoint-unproven");
  const [first] = loud;
  if (first !== undefined && loud.length === 1) return first.title;
  if (loud.length > 1) return `${loud.length} things need a person`;
  const silent = hosts.filter(({ link }) => link !== "online" && link !== "never");
  if (silent.length > 0) return `${hosts.length - silent.length} of ${hosts.length} hosts are heard`;
  if (hosts.every(({ services }) => services.length === 0)) return "No service yet";
  return "Everything is afloat";
}

/** Under it: how many there are of what. */
export function summary({ hosts }: FleetView): string {
  const services = hosts.flatMap((host) => host.services.map(({ snapshot }) => wordOf(snapshot, host)));
  const counts = new Map<string, number>();
  for (const word of services) counts.set(word, (counts.get(word) ?? 0) + 1);
  const parts = [...counts].map(([word, count]) => `${count} ${word}`);
  return [count(hosts.length, "host"), count(services.length, "service"), ...parts].join(" · ");
}

function wordOf(snapshot: ServiceSnapshot, host: HostView): string {
  if (host.link !== "online") return "unknown";
  return snapshot.loop !== null && snapshot.loop.closedMs === null ? "in a restart loop" : snapshot.verdict;
}

export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** The command that is shown where the button was: under way, or ended a moment ago. */
export function shownCommand(model: Model, hostId: string, service: string): CommandView | null {
  const command = model.fleet.commands.find((each) => each.hostId === hostId && each.service === service);
  const last = command?.steps.at(-1);
  if (command === undefined || last === undefined) return null;
  return hasEnded(command) && model.nowMs - last.atMs > ENDED_FOR_MS ? null : command;
}

export function hasEnded({ steps }: CommandView): boolean {
  return !["queued", "delivered", "running"].includes(steps.at(-1)?.step ?? "queued");
}

/** A host's line under its name. */
export function hostWords(host: HostView, nowMs: number): string {
  const agent = host.agentVersion === null ? "" : ` · agent ${host.agentVersion}`;
  const since = durationWords(nowMs - host.linkSinceMs);
  switch (host.link) {
    case "online":
      return `${host.os}${agent} · connected for ${since}`;
    case "never":
      return "enrolled, not heard of yet";
    case "away":
      return `${host.os}${agent} · its agent was stopped ${since} ago`;
    case "silent":
      return `silent; last seen ${host.lastSeenMs === null ? "never" : `${durationWords(nowMs - host.lastSeenMs)} ago`}`;
  }
}

/** The services that pass the filter, by host. */
export function shownHosts({ fleet, filter }: Model): HostView[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === "") return fleet.hosts;
  return fleet.hosts
    .map((host) =>
      host.name.toLowerCase().includes(wanted)
        ? host
        : { ...host, services: host.services.filter(({ snapshot }) => snapshot.name.toLowerCase().includes(wanted)) },
    )
    .filter((host) => host.services.length > 0 || host.name.toLowerCase().includes(wanted));
}
