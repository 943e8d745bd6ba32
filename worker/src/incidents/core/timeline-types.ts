import type { CommandStep, Verb } from "@afloat/shared/domain";
import type { IncidentEvidence } from "../../db/schema.ts";
import type { NamedMaintenance } from "../../maintenance/core/maintenance.ts";

/** How something looks on the line: colour and shape follow from it. `plain` is no state. */
export type Tone = "up" | "deg" | "out" | "none" | "maint" | "plain";

/** One thing that happened, or was done. Times are milliseconds since the epoch. */
export interface TimelineEntry {
  /** Among those of its incident. */
  id: string;
  atMs: number;
  of:
    | "opened"
    | "closed"
    | "flip"
    | "gap"
    | "command"
    | "message"
    | "delivery"
    | "maintenance"
    | "acknowledged"
    | "note";
  tone: Tone;
  /** What happened, in one line. */
  title: string;
  /** What else is known of it; empty where that is nothing. */
  detail: string;
  /** Output, oldest first. */
  lines: string[];
}

/** A change as it is recorded: of a service its verdict, of a host its link. */
export interface FlipOf {
  subjectId: string;
  atMs: number;
  journalId: string;
  seq: number;
  verdict: string;
  reason: string;
}

/** Changes of one subject as they were read: those before the incident, its first ones and its last ones, which may be the same. */
export interface FlipsRead {
  subjectId: string;
  /** As people call it: a service by its name, a host by its own. */
  name: string;
  of: "service" | "host";
  before: FlipOf[];
  first: FlipOf[];
  last: FlipOf[];
  /** So many of the first were asked for: where there are fewer, they are all. */
  limit: number;
}

/** All that is recorded about one incident. */
export interface Recorded {
  incident: { id: string; cause: string; openedMs: number; closedMs: number | null; evidence: IncidentEvidence };
  flips: FlipsRead[];
  commands: {
    id: string;
    verb: Verb;
    serviceName: string;
    byName: string;
    createdMs: number;
    steps: { step: CommandStep; atMs: number; detail: string }[];
  }[];
  /** `next`: what the message says of what comes next; null until it is decided who is told, and of one that nobody is told. */
  notices: { id: string; phase: string; createdMs: number; next: string[] | null }[];
  deliveries: {
    id: string;
    noticeId: string;
    channel: string;
    attempt: number;
    atMs: number;
    ok: boolean;
    status: number | null;
    /** Null for those who may not read it. */
    answer: string | null;
    tookMs: number;
  }[];
  /** What was announced for its subject. */
  maintenance: NamedMaintenance[];
  acknowledgement: { atMs: number; via: "page" | "link"; byName: string } | null;
  notes: { id: string; atMs: number; byName: string; text: string }[];
}
