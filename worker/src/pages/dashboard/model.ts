import type { Role, ServiceSnapshot, Verb } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { momentWords } from "@afloat/shared/core/moment";
import type { CommandView, FleetView, HostView, ServiceView, TailView } from "../../live.ts";
import { isMissed } from "../rest-of.ts";
import { isInMaintenance, maintainedUntilMs } from "../../maintenance/core/maintenance.ts";

/** All that the dashboard shows: the same on the server and, kept alive, in the browser. */
export interface Model {
  fleet: FleetView;
  role: Role;
  /** What this person may ask of services, where their hosts allow it. */
  mayAsk: Verb[];
  mayRevoke: boolean;
  mayAcknowledge: boolean;
  nowMs: number;
  /** Null while it is live; else since when it is not, or one of its shards is not. In the server's page it is not live yet. */
  staleSinceMs: number | null;
  /** Fleets that it is told by, and how many of them are live; absent before the first word. */
  shards?: { of: number; live: number };
  /** Only services and hosts with this in their name. */
  filter: string;
  /** The service of which something, or the host whose removal, is being asked about. */
  asking: { id: string; what: Verb | "remove" } | null;
  /** Which menu is open. */
  menu: string | null;
  /** Lines of output that this person asked for and got, by command. */
  tails: Record<string, TailView>;
  /** Commands for lines of output that were given on this page. */
  lookedFor: string[];
  /** Answers that this person has closed, by command. */
  closed: string[];
  /** What went wrong with the last order for a service, by service id. */
  faults: Record<string, string>;
  /** The service the keyboard is at. */
  at: string | null;
}

/** What a person may do on it. */
export interface Acts {
  ask: (id: string, what: Verb | "remove") => void;
  leave: () => void;
  open: (menu: string | null) => void;
  /** Closes the answer to a command. */
  close: (command: string) => void;
  order: (hostId: string, service: string, verb: Verb) => void;
}

/** How long an ended command is still shown where its button was, milliseconds. */
const ENDED_FOR_MS = 8_000;
/** One that did not end well has words to be read. */
const FAILED_FOR_MS = 20_000;
/** What a check found is news for so long, milliseconds. */
const CHECKED_FOR_MS = 120_000;

/** Rows of more hosts are more than a browser likes to keep up to date, or a person to read. */
const SHOWN_HOSTS = 300;

const NONE = { hosts: 0, silent: 0, services: 0 };

/** The page's first line, written from the state. */
export function headline(fleet: FleetView, nowMs: number): string {
  const { hosts, incidents, rest = NONE } = fleet;
  const all = hosts.length + rest.hosts;
  if (all === 0) return "No host yet";
  const open = incidents.filter(({ closedMs }) => closedMs === null);
  const loud = open.filter(({ kind, heldUntilMs }) => kind !== "endpoint-unproven" && (heldUntilMs ?? 0) <= nowMs);
  const [first] = loud;
  if (first !== undefined && loud.length === 1) return first.title;
  if (loud.length > 1) return `${loud.length} things need a person`;
  const worked = hosts.filter((host) => maintenanceAt(fleet, host.id, null, nowMs) !== null);
  const silent = hosts.filter((host) => isMissed(host) && !worked.includes(host)).length + rest.silent;
  if (silent > 0) return `${all - silent} of ${all} hosts are heard`;
  if (worked.length > 0) return `${count(worked.length, "host")} ${worked.length === 1 ? "is" : "are"} being worked on`;
  if (rest.services === 0 && hosts.every(({ services }) => services.length === 0)) return "No service yet";
  // A check that looks wrong is no trouble of the service, but there is something to do.
  const unproven = open.filter(({ kind }) => kind === "endpoint-unproven").length;
  if (unproven === 1) return "Everything is afloat, and one health check looks wrong";
  if (unproven > 1) return `Everything is afloat, and ${unproven} health checks look wrong`;
  return "Everything is afloat";
}

/** The maintenance that a host, or one of its services, is in, and until when; null where it is in none. */
export function maintenanceAt(
  { maintenance = [] }: FleetView,
  hostId: string,
  serviceId: string | null,
  nowMs: number,
): { title: string; untilMs: number } | null {
  const subject = { hostId, serviceId };
  const untilMs = maintainedUntilMs(maintenance, subject, nowMs);
  const running = maintenance.find((each) => isInMaintenance([each], subject, nowMs));
  return untilMs === null || running === undefined ? null : { title: running.title, untilMs };
}

/** `in maintenance until 14:05 UTC: a larger disk` */
export function maintenanceWords({ title, untilMs }: { title: string; untilMs: number }, nowMs: number): string {
  return `in maintenance until ${momentWords(untilMs, nowMs)} UTC: ${title}`;
}

/** Under it: how many there are of what. */
export function summary({ hosts, rest = NONE }: FleetView): string {
  const services = hosts.flatMap((host) => host.services.map(({ snapshot }) => wordOf(snapshot, host)));
  const counts = new Map<string, number>();
  for (const word of services) counts.set(word, (counts.get(word) ?? 0) + 1);
  // Of some of them alone it says nothing.
  const parts = rest.hosts > 0 ? [] : [...counts].map(([word, count]) => `${count} ${word}`);
  const all = [count(hosts.length + rest.hosts, "host"), count(services.length + rest.services, "service")];
  return [...all, ...parts].join(" · ");
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
  const forMs = last.step === "done" ? ENDED_FOR_MS : FAILED_FOR_MS;
  return hasEnded(command) && model.nowMs - last.atMs > forMs ? null : command;
}

/** What a look brought. */
export interface Answer {
  command: CommandView;
  atMs: number;
  words: string;
  /** Null where no lines were asked for. */
  lines: string[] | null;
}

/** The newest answer about a service that is not closed: what a check found, or the lines that this person asked for. */
export function answerOf(model: Model, hostId: string, { snapshot }: ServiceView): Answer | null {
  for (const command of model.fleet.commands) {
    if (command.hostId !== hostId || command.service !== snapshot.name || model.closed.includes(command.id)) continue;
    const last = command.steps.at(-1);
    if (last?.step !== "done") continue;
    if (command.verb === "check" && model.nowMs - last.atMs < CHECKED_FOR_MS) {
      return { command, atMs: last.atMs, words: last.detail, lines: null };
    }
    if (command.verb !== "logs" || !model.lookedFor.includes(command.id)) continue;
    const tail = model.tails[command.id];
    const words = tail === undefined ? "the lines were lost on their way here; ask once more" : last.detail;
    return { command, atMs: last.atMs, words, lines: tail?.lines ?? [] };
  }
  return null;
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
      if ((host.excusedUntilMs ?? 0) > nowMs)
        return `${host.os}${agent} · not heard again yet since we were away ourselves`;
      return `${host.os}${agent} · connected for ${since}`;
    case "never":
      return "enrolled, not heard of yet";
    case "away":
      return `${host.os}${agent} · ${awayWords(host, since, nowMs)}`;
    case "silent":
      return `silent; last seen ${host.lastSeenMs === null ? "never" : `${durationWords(nowMs - host.lastSeenMs)} ago`}`;
  }
}

function awayWords({ absence }: HostView, since: string, nowMs: number): string {
  if (absence?.why === "asleep") return `asleep, or out of reach, for ${since}`;
  if (absence?.why !== "planned") return `its agent was stopped ${since} ago`;
  const back = absence.untilMs === null ? "" : `, to be back by ${momentWords(absence.untilMs, nowMs)} UTC`;
  return `away on purpose for ${since}${back}`;
}

/** The services that pass the filter, by host: so many hosts at most, those that need a person first where there are more. */
export function shownHosts(model: Model): HostView[] {
  const hosts = passingHosts(model);
  if (hosts.length <= SHOWN_HOSTS) return hosts;
  const needy = new Set(hosts.filter((host) => isMissed(host) || host.services.some(isTrouble)));
  return [...needy, ...hosts.filter((host) => !needy.has(host))].slice(0, SHOWN_HOSTS);
}

/** How many hosts pass the filter and are not shown: a search finds them. */
export function unshownHosts(model: Model): number {
  const rest = model.filter.trim() === "" ? (model.fleet.rest?.hosts ?? 0) : 0;
  return Math.max(0, passingHosts(model).length - SHOWN_HOSTS) + rest;
}

function isTrouble({ snapshot }: ServiceView): boolean {
  return snapshot.diagnosis !== null || snapshot.verdict !== "healthy";
}

function passingHosts({ fleet, filter }: Model): HostView[] {
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
