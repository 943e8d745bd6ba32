import type { CommandStep, PublicStatus, ServiceSnapshot, Verb } from "@afloat/shared/domain";
import type { ServiceHourUse } from "@afloat/shared/wire";
import type { IncidentEvidence, ManySilent } from "../../db/schema.ts";
import type { HostView, IncidentView } from "../../live.ts";
import type { Absence } from "./absence.ts";
import type { AgentRuns } from "./agent-loop.ts";
import type { Held } from "./silence.ts";
import type { SecondMachine } from "./second-machine.ts";

/** What the Fleet keeps of a host, on its own disk; memory is only a cache of it. */
export interface FleetHost {
  id: string;
  organizationId: string;
  name: string;
  os: string;
  arch: string;
  /** The credential's version in force; null: revoked, none is let in. */
  version: number | null;
  agentVersion: string | null;
  journalId: string | null;
  bootId: string | null;
  runId: string | null;
  remote: Verb[];
  link: HostView["link"];
  linkSinceMs: number;
  /** As last written: the moment of the last hang-up, or of the last HTTP message but for a third of the deadline. */
  lastSeenMs: number | null;
  offlineAfterMs: number;
  /** D1 has every event of `journalId` up to this one. */
  recordedSeq: number;
  /** D1 has every entry of the Fleet's journal about this host up to this position. */
  recordedPosition: number;
  /** The deadline counts from here at least: after our own absence, from our return. */
  countFromMs: number;
  /** How often its deadline was moved since it was last heard. */
  excuses?: number | undefined;
  /** How it was last connected; absent in what an older Fleet wrote. */
  line?: "socket" | "closed" | "http" | undefined;
  /** Its silence is no alarm: a laptop. */
  sleeps: boolean;
  /** Why it is away, and until when; null where it is not. */
  absence: Absence | null;
  /** It is silent, and people are not told before then. */
  held?: Held | undefined;
  /** It went with many, of which another Fleet of its organization tells: when the first and the last of those that are here were heard last. */
  withMany?: { fromMs: number; toMs: number } | undefined;
  /** When its last silences began, oldest first. */
  silencesMs?: number[] | undefined;
  /** How its agent started of late; absent where that is not known. */
  agentRuns?: AgentRuns | undefined;
  /** Another machine that has its credential. */
  second?: SecondMachine | undefined;
  /** What it was about to tell when it said hello; absent where that was nothing. */
  catchUp?: CatchUp | undefined;
}

/** A host that comes back tells what happened meanwhile. Of that, only what still stands is worth waking somebody for. */
export interface CatchUp {
  /** Events up to this one happened before hello. */
  upTo: number;
  /** What may be open still, by how the host said that its services stand: `service/kind`. */
  standing: string[];
}

/** How far a host is recorded: D1 has its journal up to `seq`, and the Fleet's entries about it up to `position`. */
export interface Recorded {
  journalId: string | null;
  seq: number;
  position: number;
}

/** What the Fleet keeps of a service. */
export interface FleetService {
  snapshot: ServiceSnapshot;
  /** The word the public saw last; starting and waiting keep it. */
  publicStatus: PublicStatus;
}

/** An open incident. The Fleet is the only one who opens and closes incidents. */
export interface OpenIncident {
  view: IncidentView;
  subjectId: string;
  /** It was known to be over when its beginning arrived: nobody was told of that, and is told once, of its end. */
  untold?: boolean | undefined;
  /** Of many hosts that fell silent at once: those it is about. */
  many?: ManySilent | undefined;
}

/** A command between its order and its end. */
export interface FlyingCommand {
  id: string;
  organizationId: string;
  hostId: string;
  service: string;
  verb: Verb;
  by: string;
  /** Who asked: nobody else is shown lines of output. Absent where that is not known any more. */
  byUserId?: string;
  expiresMs: number;
  /** When the host was told that it may; null before. From then on the command no longer expires by itself. */
  grantedMs: number | null;
  /** In the order in which they happened, `queued` first. */
  steps: StepTaken[];
}

export interface StepTaken {
  step: CommandStep;
  atMs: number;
  detail: string;
}

/** One thing that D1 is to hold. Writing it twice is the same as writing it once. */
export type DurableRecord =
  | { kind: "service"; name: string; snapshot: ServiceSnapshot; publicStatus: PublicStatus; atMs: number }
  | { kind: "service-removed"; name: string; atMs: number }
  | {
      kind: "flip";
      subjectId: string;
      atMs: number;
      journalId: string;
      seq: number;
      verdict: string;
      reasonCode: string;
      reason: string;
      publicStatus: PublicStatus;
    }
  | { kind: "incident-opened"; view: IncidentView; subjectId: string; evidence: IncidentEvidence }
  | { kind: "incident-closed"; id: string; atMs: number }
  /** It is about fewer, or more, than it was. */
  | { kind: "incident-reworded"; id: string; title: string; cause: string; many: ManySilent }
  /** Somebody is to be told. */
  | { kind: "notice"; incidentId: string; phase: "opened" | "closed"; atMs: number }
  | { kind: "command"; id: string; steps: StepTaken[] }
  | { kind: "sample"; hourMs: number; coveredMs: number; services: ServiceHourUse[] }
  | { kind: "audit"; action: string; target: string; detail: Record<string, string>; atMs: number };

/** What changed of a host itself. */
export type HostPatch = Partial<
  Pick<
    FleetHost,
    | ("os" | "arch" | "agentVersion" | "journalId" | "bootId" | "runId" | "remote" | "offlineAfterMs" | "sleeps")
    | ("link" | "linkSinceMs" | "lastSeenMs" | "absence" | "held" | "withMany" | "silencesMs" | "agentRuns" | "second")
  >
>;

/** One line of the Fleet's own journal: what D1 does not hold yet about one host. */
export interface Entry {
  /** Counts up over the whole Fleet, also across a loss of its disk: it begins at the clock. */
  position: number;
  hostId: string;
  /** The host's journal up to which this entry reaches, or null where the Fleet itself is the source. */
  mark: { journalId: string; seq: number } | null;
  patch: HostPatch;
  records: DurableRecord[];
}

/** True for what is in memory only: the host says it again until it is recorded. */
export function isRepeated({ mark, patch, records }: Entry): boolean {
  return mark === null && Object.keys(patch).length === 0 && records.every(({ kind }) => kind === "sample");
}

/**
 * True for what a host tells of its services alone, and keeps until it is recorded: lost from memory, it is told again, and comes to the
 * same. Of what the Fleet itself decided by it, as incidents are, that would not be so.
 */
export function isToldAgain({ mark, patch, records }: Entry): boolean {
  const ofServices = records.every(({ kind }) => kind === "service" || kind === "flip" || kind === "service-removed");
  return mark !== null && Object.keys(patch).length === 0 && ofServices;
}

/** A service's id: made of what is unique about it, so that nobody has to look it up. */
export function serviceIdOf(hostId: string, name: string): string {
  return `${hostId}.${name}`;
}
