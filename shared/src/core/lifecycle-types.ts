import type { DependencyCondition, Exit, Loop, ReasonCode, Verdict } from "../domain.ts";
import type { NoticeCode } from "./notice-titles.ts";

/**
 * The words of the lifecycle machine. `step` (lifecycle.ts) takes a state and an event and gives the next state and the
 * effects to carry out; the shell on the host does nothing but carry events in and effects out.
 */

/** What a probe of the endpoint came to. Everything but `ok` is a failure; `failed` is a command or gRPC that says so itself. */
export type EndpointResult =
  | { kind: "ok"; status: number | null; ms: number }
  /** The status is as expected, the body is not. */
  | { kind: "body"; status: number; ms: number }
  | { kind: "status"; status: number; ms: number }
  | { kind: "redirect"; status: number; location: string; ms: number }
  | { kind: "timeout"; ms: number }
  | { kind: "refused" | "reset" | "dns" | "tls" | "malformed" | "failed"; detail: string; ms: number };

/** What is known of one configured port. `unknown`: the system does not tell whose it is. */
export type PortResult =
  | { port: number; kind: "closed" }
  /** `beside`: it listens, but who calls the endpoint gets, or may get, an answer from somebody else at the same port. */
  | { port: number; kind: "listening"; owner: "own" | "unknown"; beside?: Stranger }
  | ({ port: number; kind: "listening"; owner: "foreign" } & Stranger);

/** A process that is none of the service's own. */
export interface Stranger {
  pid: number;
  name: string;
  /** Its command line, cut and without secrets; not there where the system does not tell, and in what older agents wrote. */
  command?: string;
  /** When it started. */
  sinceMs?: number;
}

/** One probe, whole. `closed` ports elsewhere: where the service's own processes do listen, for the reason shown. */
export interface Observation {
  startedMs: number;
  endedMs: number;
  /** Null where none is configured or it is retired. */
  endpoint: EndpointResult | null;
  /** One for each configured port, in order. */
  ports: PortResult[];
  /** Ports on which the service's own processes listen; null where the system does not tell. */
  ownPorts: number[] | null;
}

/** Why a person must not be surprised: who asked, and how he reached us. */
export interface Person {
  /** A login on the host, or a name from the cloud. */
  name: string;
  via: "host" | "cloud";
}

/** A dependency that is not there, and why. While there is one, nothing that fails is this service's own fault. */
export interface Unmet {
  service: string;
  condition: DependencyCondition;
  /** Like `is down (exited with code 1)`. */
  why: string;
}

export type StopReason = "person-restart" | "planned" | "pause" | "health" | "shutdown";

/** Where a service is in its life. `spawn` counts the starts of the service; it never goes back. */
export type Life =
  | { kind: "waiting"; unmet: Unmet[] }
  /** `stopWhy`: what was asked before its pid was known; it is stopped as soon as it is. */
  | { kind: "starting"; sinceMs: number; stopWhy: StopReason | null }
  | { kind: "up"; pid: number; sinceMs: number; adopted: boolean }
  | { kind: "stopping"; pid: number; upSinceMs: number; sinceMs: number; why: StopReason; exit: Exit | null }
  | { kind: "backoff"; untilMs: number; cannotStart: string | null }
  | { kind: "paused" }
  | { kind: "completed"; exit: Exit }
  | { kind: "off" };

/** What a check has earned. Kept under the key of the definition it belongs to: edit the definition and it starts anew. */
export interface CheckRecord {
  key: string;
  /** Null: unproven, never yet ok. */
  lastOkMs: number | null;
  /** Failures in a row since the last ok, and since the start period of this life. */
  failures: number;
  /** When the failing began; null while ok. */
  failingSinceMs: number | null;
  /** A person was told of this failing; again only after it was ok or edited. */
  noticed: boolean;
}

export interface ServiceState {
  desired: { kind: "run" } | { kind: "pause"; by: Person; atMs: number };
  life: Life;
  spawn: number;
  restarts: number;
  lastExit: Exit | null;
  observation: Observation | null;
  endpoint: CheckRecord & {
    /** Times the process exited during or within 1 s of a probe. At two the endpoint is retired. */
    crashes: number;
    /** How long the process had run that ended so last; 0 in what older agents wrote. */
    suspectRanMs: number;
    lastProbeEndedMs: number | null;
    /** How long before that the first probe of this life ended, milliseconds; 0 in what older agents wrote. */
    calledForMs: number;
    /** Time-outs in a row, counted like failures. */
    timeouts: number;
    last: EndpointResult | null;
    /** How long its last answers took, milliseconds, oldest first. */
    tookMs: number[];
  };
  port: CheckRecord & {
    /** Seen listening by the service in this life. */
    openedThisLife: boolean;
    /** How long it took to open last time. */
    openAfterMs: number | null;
  };
  unmet: Unmet[];
  backoff: {
    /** Unplanned restarts since the last stable run. */
    attempt: number;
  };
  /** Health restarts in a row without a cure, and which check prescribed the last. */
  breaker: { futile: number; prescribedBy: "endpoint" | "port" | null; passingSinceMs: number | null };
  /** When unplanned restarts were decided, as far back as the longest window reaches; and why the last one was. */
  restartTimes: RestartMark[];
  loop: Loop | null;
  /** Restarts in a row for files that changed right after a start. */
  ownChanges: number;
  judgement: Judgement;
}

/** An unplanned restart: when it was decided, how long the process had run, and whether a health check prescribed it. */
export interface RestartMark {
  atMs: number;
  ranMs: number;
  health: boolean;
}

/** The verdict, the row that decided it, and the reason in words. */
export interface Judgement {
  verdict: Verdict;
  reasonCode: ReasonCode;
  reason: string;
  sinceMs: number;
}

/** `chance` is a random number in [0, 1) that comes with the event: the machine has no chance of its own. */
export type LifecycleEvent =
  /** An agent began. `found`: what an earlier one left running; `seenMs`: when that one last wrote what it knew. */
  | {
      kind: "began";
      found: { pid: number; startedMs: number; spawn: number } | null;
      seenMs: number | null;
      chance: number;
    }
  | { kind: "spawned"; spawn: number; pid: number }
  | { kind: "spawn-failed"; spawn: number; error: string; chance: number }
  /** `probing`: its endpoint was being called when it ended. */
  | { kind: "exited"; spawn: number; exit: Exit; probing: boolean; chance: number }
  /** The stop plan ended: the last process of the service is gone. */
  | { kind: "gone"; spawn: number; chance: number }
  /** The first process ended but another of the service's own holds its port: that one is the service now. */
  | { kind: "replaced"; spawn: number; pid: number }
  | { kind: "observed"; spawn: number; observation: Observation; chance: number }
  | { kind: "dependencies"; unmet: Unmet[] }
  | { kind: "asked"; verb: "restart" | "pause" | "resume" | "recheck" | "reset"; by: Person }
  /** Its definition changed. `anew`: why what runs has to be started anew, in words; null where it can run on. (edited.ts) */
  | { kind: "edited"; anew: string | null }
  /** The time that the configuration names has come, or a file that it names has changed. `why` in words. */
  | { kind: "planned"; by: "schedule" | "change"; why: string }
  | { kind: "shutdown" }
  /** The clock jumped, and `nowMs` with it: the machine had been suspended, or its time was set. (clock-shift.ts) */
  | { kind: "clock"; why: "suspended" | "set"; byMs: number }
  /** Time passed: sent at `dueMs` (lifecycle.ts). */
  | { kind: "tick"; chance: number };

export type Effect =
  | { kind: "spawn"; spawn: number }
  /** Run the stop plan on all of the service's processes; answer `gone`. */
  | { kind: "stop"; spawn: number; why: StopReason }
  /** The judgement changed. */
  | { kind: "flip"; from: Judgement; to: Judgement }
  /** The incident's warning and its like: one log line, once per change. */
  | { kind: "warn"; text: string }
  /** A restart was decided. */
  | { kind: "restart"; planned: boolean; why: string; delayMs: number }
  | { kind: "loop-opened"; loop: Loop }
  | { kind: "loop-closed"; loop: Loop }
  /** Tell a person once, with the diagnosis. */
  | { kind: "notice"; code: NoticeCode; text: string }
  /** What a person asked was refused. */
  | { kind: "refused"; verb: "restart" | "pause" | "resume" | "recheck" | "reset"; why: string };

export interface Step {
  state: ServiceState;
  effects: Effect[];
}
