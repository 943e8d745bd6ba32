import type { CommandStep, IncidentKind, ServiceSnapshot, Verb } from "@afloat/shared/domain";
import type { Absence } from "./fleet/core/absence.ts";
import type { Shard } from "./fleet/core/placement.ts";
import type { Held } from "./fleet/core/silence.ts";
import type { NamedMaintenance } from "./maintenance/core/maintenance.ts";
import type { ServiceUse } from "@afloat/shared/wire";

/** What the dashboard shows, first from D1 inside the page, then kept alive over the socket by `LiveMessage`s. */
export interface FleetView {
  hosts: HostView[];
  /** Open ones first, then the latest closed. */
  incidents: IncidentView[];
  /** Commands that are under way or ended within the last minutes, newest first. */
  commands: CommandView[];
  /** Maintenance that is under way, or is to begin within some days. */
  maintenance?: NamedMaintenance[];
  /** What could not be recorded; the Fleet alone knows of it, and tells it live. */
  setAside?: SetAsideView | null;
  /** The same by shard, where the organization is spread over several Fleets. */
  asides?: Record<number, SetAsideView | null>;
  /** How many there are of what is not in it yet: the page of a large organization begins with those that need a person. */
  rest?: Rest;
}

/** What a page does not show yet. */
export interface Rest {
  hosts: number;
  /** Of them, those that are not heard and should be. */
  silent: number;
  services: number;
}

/** What was told and cannot be recorded: kept, counted, and shown to whoever can mend it. */
export interface SetAsideView {
  count: number;
  /** Of the newest. */
  atMs: number;
  hostId: string;
  why: string;
}

/** A dashboard says `SEEN` for each so many characters that it has read: one that does not is not waited for. */
export const SEEN = "seen";
export const SEEN_EVERY = 64 * 1024;

export interface HostView {
  id: string;
  name: string;
  os: string;
  arch: string;
  agentVersion: string | null;
  /** `never`: enrolled but not heard of yet. `away`: said goodbye on purpose. `silent`: past its deadline. */
  link: "never" | "online" | "silent" | "away";
  /** By the cloud's clock. */
  lastSeenMs: number | null;
  /** Since when `link` holds. */
  linkSinceMs: number;
  /** What the host allows to be asked from afar. */
  remote: Verb[];
  /** Why it is away, and until when. */
  absence?: Absence | null;
  /** Its silence is no alarm: a laptop. */
  sleeps?: boolean;
  /** Silent for longer than this is offline. */
  offlineAfterMs?: number;
  /** It is silent, and people are not told yet. */
  held?: Held | null;
  /** We were away ourselves: it has until then to be heard again. */
  excusedUntilMs?: number | null;
  services: ServiceView[];
}

export interface ServiceView {
  id: string;
  snapshot: ServiceSnapshot;
  /** What it uses, as its host streams it while a dashboard is open; absent before the first word of it. */
  use?: ServiceUse;
}

export interface IncidentView {
  id: string;
  kind: IncidentKind;
  hostId: string;
  hostName: string;
  /** Null for a host's own incident. */
  service: string | null;
  /** `web-1 / ingest is restarting in a loop` */
  title: string;
  /** `4 restarts in 38 s, exits with code 1 within 0.8 s of every start` */
  cause: string;
  /** Of a restart loop: why. By it and `kind` the runbook is found. */
  causeCode: string | null;
  openedMs: number;
  closedMs: number | null;
  lastLines: string[];
  /** It began during maintenance: nobody is told before then, and only if it is open still. */
  heldUntilMs?: number;
  /** Who was told of it, newest first. */
  told: { channel: string; atMs: number; ok: boolean }[];
  /** Who looks after it; absent where nobody does. */
  acknowledged?: { by: string; atMs: number };
}

export interface CommandView {
  id: string;
  hostId: string;
  service: string;
  verb: Verb;
  by: string;
  /** In the order in which they happened; the last is where it stands. */
  steps: { step: CommandStep; atMs: number; detail: string }[];
}

/** The last lines of a service's output, as somebody asked for them. */
export interface TailView {
  command: string;
  hostId: string;
  service: string;
  /** When they came, by the cloud's clock. */
  atMs: number;
  lines: string[];
}

export type LiveMessage =
  /** Sent first on every connection: everything, whole; or all of the hosts that are with this shard. */
  | { type: "fleet"; fleet: FleetView; shard?: Shard }
  /** A host is new, or changed in anything but its services. */
  | { type: "host"; host: Omit<HostView, "services"> }
  | { type: "host-removed"; hostId: string }
  | { type: "service"; hostId: string; service: ServiceView }
  | { type: "measures"; hostId: string; services: ServiceUse[] }
  | { type: "service-removed"; hostId: string; name: string }
  | { type: "incident"; incident: IncidentView }
  | { type: "command"; command: CommandView }
  /** To who asked for it alone. */
  | ({ type: "tail" } & TailView)
  | { type: "maintenance"; maintenance: NamedMaintenance[] }
  /** `at`: of which shard; 0 where there is one Fleet. */
  | { type: "set-aside"; setAside: SetAsideView | null; at?: number };
