import type { IncidentKind } from "@afloat/shared/domain";
import type { IncidentEvidence } from "../../db/schema.ts";

/**
 * The words of alerting. The Fleet decides *incidents*; what is handed on of them is *news*. An *alert* is what people are told of: one incident,
 * or several that belong together (of one host, or very many of one rule). It has one thread of *messages*: opened, then whatever happens,
 * then closed. Its id is the id of its first incident, and the `dedup_key` of services that want one.
 * Times are milliseconds since the epoch.
 */

/** PagerDuty's words, gravest first. */
export const SEVERITIES = ["critical", "error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** An incident as the Fleet tells it. */
export interface AlertFacts {
  kind: IncidentKind;
  /** The service, or the host (or the organization) for its own incidents. */
  subjectId: string;
  hostId: string;
  hostName: string;
  /** Of an incident of many hosts, the tags of any of them. */
  hostTags: string[];
  /** Of an incident of many hosts, the tags of each, the same once; absent for one of a single host. */
  tagSets?: string[][] | undefined;
  serviceName: string | null;
  /** `web-1 / ingest is restarting in a loop` */
  title: string;
  /** `4 restarts in 38 s, exits with code 1 within 0.8 s of every start` */
  cause: string;
  openedMs: number;
  closedMs: number | null;
  /** Of one that is over: its host was taken out of the fleet, by which it ended. Absent where it was not. */
  isHostRemoved?: boolean | undefined;
  evidence: IncidentEvidence;
  /** Services of the same host that this one depends on, also by way of others, by name; absent where none is known. */
  needs?: string[] | undefined;
}

/**
 * What happened to an incident. Of an opening only once it is to be told (not while maintenance holds it); of every closing, also where nobody was
 * told of the opening. The same news twice is the same as once.
 */
export interface News {
  incidentId: string;
  phase: "opened" | "closed" | "reworded";
  /** When it is handed on. */
  atMs: number;
  incident: AlertFacts;
  /** Of a closing: it began and was over before it could be told. It is told once, and wakes nobody. */
  late: boolean;
  /** Somebody looks after it already: it may have been seen on its page before anybody was told. */
  acknowledged?: Acknowledged | null | undefined;
}

/** What a rule or a silence is about: each list that is there must fit; an absent or empty list fits all. */
export interface Matcher {
  kinds?: IncidentKind[] | undefined;
  /** Host ids. */
  hosts?: string[] | undefined;
  /** Names of services, on whichever host. */
  services?: string[] | undefined;
  /** One of them is a tag of the host. */
  tags?: string[] | undefined;
}

/** Whom a step tells, `afterMs` after the alert was told first. */
export interface Step {
  afterMs: number;
  /** Channels by id; `all` for every channel that there is. */
  channelIds: string[] | "all";
}

/** Who is told of what. The first rule by `position` that fits decides; with none, the defaults hold (rules.ts). */
export interface Rule {
  id: string;
  position: number;
  name: string;
  match: Matcher;
  /** Null: as its kind has it. */
  severity: Severity | null;
  /** Without steps nobody is told. */
  tell: { steps: Step[] };
  /** How often it is said that it still stands, until somebody acknowledges; null: never; absent: as its severity has it. */
  reminderMs?: number | null | undefined;
  /** It must stand so long before anybody is told. */
  confirmMs: number;
  group: "host" | "none";
}

/** Nobody is told of what fits, from `fromMs` until `untilMs`; then of what still stands. */
export interface Silence {
  id: string;
  match: Matcher;
  fromMs: number;
  untilMs: number;
  reason: string;
  byName: string;
}

/** A span of announced maintenance: no reminder and no escalation meanwhile. Openings are the Fleet's to hold. */
export interface QuietSpan {
  title: string;
  /** One of these fits. */
  match: Matcher[];
  fromMs: number;
  untilMs: number;
}

/** A channel as rules see it. */
export interface AlertChannel {
  id: string;
  name: string;
  /** Switched off by a person: nothing is sent. */
  isOff: boolean;
}

/** What people have set. */
export interface Setup {
  rules: Rule[];
  channels: AlertChannel[];
  silences: Silence[];
  maintenance: QuietSpan[];
}

/** What is decided upon. */
export type AlertEvent =
  | { kind: "news"; news: News[] }
  /** Time has passed: `dueAtMs`. */
  | { kind: "alarm" }
  /** Rules, channels, silences or maintenance were changed. */
  | { kind: "setup-changed" }
  | { kind: "acknowledged"; incidentId: string; byId: string; byName: string }
  /** An incident that is open and was told before this object knew of it: to these channels. */
  | {
      kind: "adopted";
      incidentId: string;
      incident: AlertFacts;
      channelIds: string[];
      toldMs: number;
      acknowledged: Acknowledged | null;
    };

/** Why an incident's telling waits. */
export type Hold =
  | { why: "confirm"; untilMs: number }
  | { why: "silence"; silenceId: string; untilMs: number }
  /** `byId`: the incident that explains it; once that is over, it waits until `untilMs` whether it recovers as well. */
  | { why: "inhibited"; byId: string; untilMs: number | null }
  | { why: "flapping" };

/** One incident, as it is kept until it is forgotten. */
export interface AlertIncident {
  kind: "incident";
  id: string;
  facts: AlertFacts;
  severity: Severity;
  /** Empty: the defaults. */
  ruleId: string;
  /**
   * held: nobody is told yet. waiting: in an alert, and told with its next message. told: its alert has said it. muted: nobody is to be told.
   * over: there is nothing more to tell; kept only so that the same news does nothing.
   */
  standing: "held" | "waiting" | "told" | "muted" | "over";
  hold: Hold | null;
  /** Why it was not told at once, in words; null where it was. */
  waited: string | null;
  alertId: string | null;
  /** How often it joined one. */
  joins: number;
  /** It is told as one that goes and comes: of its end nobody hears before that is over. */
  isFlapping: boolean;
  isLate: boolean;
  acknowledged: Acknowledged | null;
  newsMs: number;
  dueMs: number | null;
  /** Reasons that were given so far: there is an end to them. */
  whys: number;
}

export interface Acknowledged {
  byId: string;
  byName: string;
  atMs: number;
}

/** What people are told of: one thread of messages. */
export interface Alert {
  kind: "alert";
  id: string;
  /** By what people know it: the id of the first incident that it told of. Null before that. */
  threadId: string | null;
  /** What has the same may join it: of the same host. */
  groupKey: string;
  /** The same trouble of another host may join it; null where that is told for itself. */
  spreadKey: string | null;
  /** How long it waits for more: of one host, of very many at once, of what is over already. */
  pace: "host" | "storm" | "late";
  /** What it is about, in a word for those who read why: `worker-2`, `many hosts`. */
  about: string;
  ruleId: string;
  /** The gravest that was told of. */
  severity: Severity;
  /** Of its incidents: so many stand, so many are to be told still, so many ended and that was not told yet. */
  open: number;
  waiting: number;
  ends: number;
  /** So many began and were over since its last message, before they could be told; absent for none. */
  passed?: number | undefined;
  /** The adaptive wait: it began, and is over. Null where nothing new came. */
  waitFromMs: number | null;
  waitUntilMs: number | null;
  /** When it says something next. */
  sayMs: number | null;
  /** Something graver than what was told of waits: no follow-up is waited for. */
  isUrgent: boolean;
  firstToldMs: number | null;
  lastToldMs: number | null;
  /** Channels that were told of it. */
  told: string[];
  /** It came to be. */
  madeMs: number;
  /** From then on the steps of its rule are counted: it was told first, or something graver came to it. */
  stepsFromMs: number | null;
  /** The next step of its rule that is to be taken, and when; null where there is none. */
  step: number;
  stepMs: number | null;
  acknowledged: Acknowledged | null;
  reminders: number;
  reminderMs: number | null;
  /** One more with each message. */
  messages: number;
  /** Of so many incidents it told. */
  total: number;
  dueMs: number | null;
}

/** How often a subject's incident of one kind came of late. */
export interface Flap {
  kind: "flap";
  /** `subjectId/kind` */
  id: string;
  /** The last openings, oldest first. */
  openedMs: number[];
  /** It flaps since; null while it does not. */
  sinceMs: number | null;
  /** Its last turn, opening or closing. */
  turnMs: number;
  /** The incident by which people were told that it flaps. */
  toldId: string | null;
  dueMs: number | null;
}

/** How many alerts of a rule were opened of late: of very many, the rest is told together. */
export interface Storm {
  kind: "storm";
  id: string;
  openedMs: number[];
  dueMs: number | null;
}

/** One row of the state, as it is stored. */
export type AlertRow = AlertIncident | Alert | Flap | Storm;

/** What one decision comes to. `stored` and `removed` are all rows that it touched. */
export interface AlertDecision {
  stored: AlertRow[];
  removed: { kind: AlertRow["kind"]; id: string }[];
  /** In the order in which they are to be heard. */
  messages: Message[];
  why: Why[];
}

/** opened: the first of an alert. noted: told once, nothing follows. late: it was over before it could be told. */
export const MESSAGE_PHASES = [
  "opened",
  "noted",
  "updated",
  "reminder",
  "escalated",
  "acknowledged",
  "closed",
  "late",
] as const;
export type MessagePhase = (typeof MESSAGE_PHASES)[number];

/** One of the incidents of a message. */
export interface MessageIncident {
  id: string;
  kind: IncidentKind;
  hostId: string;
  hostName: string;
  serviceName: string | null;
  title: string;
  cause: string;
  openedMs: number;
  closedMs: number | null;
  /** Of many hosts only the first are named. */
  evidence: IncidentEvidence;
  /** It is told with this message for the first time. */
  isNew: boolean;
}

/** What a person can do. `path` is below the public address; acknowledging needs a signature, which the sender adds. */
export type Action =
  | { kind: "acknowledge"; label: string; incidentId: string }
  | { kind: "open" | "restart" | "runbook"; label: string; path: string };

/** What a channel is told, words included: the same for every channel of `channelIds`. */
export interface Message {
  /** Stable: the id of the notice, and of every attempt to deliver it. */
  id: string;
  alertId: string;
  phase: MessagePhase;
  severity: Severity;
  /** It must wake nobody. */
  isQuiet: boolean;
  atMs: number;
  channelIds: string[];
  /** One line. */
  title: string;
  /** What else is to be said, a sentence or two each. */
  lines: string[];
  /** The last lines of output, oldest first; of one incident only. */
  lastLines: string[];
  /** What happens next: by the agent, and by us. */
  next: string[];
  actions: Action[];
  /** Of very many only the first. */
  incidents: MessageIncident[];
  /** So many more than `incidents` has. */
  more: number;
}

/** Why an incident was told, or was not: with the names of then. `whyWords` makes a sentence of it. */
export type Why = { incidentId: string; atMs: number } & WhySaid;

export type WhySaid =
  | { what: "matched"; rule: string | null; severity: Severity }
  | { what: "muted"; rule: string }
  | { what: "no-channel" }
  | { what: "confirming"; untilMs: number }
  | { what: "silenced"; reason: string; byName: string; untilMs: number }
  | { what: "silence-over"; because: string }
  | { what: "inhibited"; by: string }
  | { what: "inhibitor-over"; because: string }
  | { what: "flapping"; times: number; withinMs: number }
  | { what: "flapping-quiet" }
  | { what: "flapping-over"; stands: boolean }
  | { what: "joined"; alert: string }
  | { what: "storm"; alert: string }
  | { what: "told"; phase: MessagePhase; channels: string[] }
  | { what: "told-end"; channels: string[] }
  | { what: "over-untold" }
  | { what: "end-held"; reason: string; untilMs: number }
  | { what: "channels-gone"; rule: string }
  | { what: "acknowledged"; byName: string }
  | { what: "reminder-held"; because: string }
  | { what: "last-reminder" }
  | { what: "adopted"; channels: string[] }
  | { what: "no-room" };
