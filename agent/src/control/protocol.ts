import type { Groups } from "@afloat/shared/config/groups";
import type { Explanation } from "@afloat/shared/core/explanation/explanation";
import type { Measures, ProbeCounts, ServiceSnapshot, Verb } from "@afloat/shared/domain";
import type { Goodbye } from "@afloat/shared/wire";
import type { SourceFile } from "@afloat/shared/spec";

/**
 * What `afloat` and its daemon say to each other over the Unix socket in the state folder (mode 0600): one JSON object a
 * line, each way. A request carries an id; every answer carries it back; `watch` goes on answering until the client leaves.
 */
export const CONTROL_VERSION = 1;

/** A request line longer than this is refused, bytes. */
export const REQUEST_LIMIT_BYTES = 64 * 1024;

/** The name of a file in the state folder in which a command leaves a specification for the agent. */
export const HANDED_OVER = /^reload-[0-9a-f]{16}\.json$/;

export type ControlRequest = { version: number; id: number } & (
  | { call: "status" }
  /** All that is known of the way to the cloud. */
  | { call: "link" }
  /** Names are exact; the client has already resolved globs. Answers when it is done, past starting, or refused. */
  | { call: "ask"; verb: Exclude<Verb, "check" | "logs">; services: string[]; by: string }
  /** Why they are judged as they are, and what comes next. */
  | { call: "explain"; services: string[] }
  /** A retired or failing endpoint is asked again. */
  | { call: "recheck"; services: string[]; by: string }
  /** Counters of restarts are set back to none. */
  | { call: "reset"; services: string[]; by: string }
  /**
   * What a command of version `afloat` has parsed, checked and left in the state folder under the name `file`: tells what would
   * change, and with `apply` changes it, one `outcome` after the other. `basis`: only if what is in force is still what a plan
   * was made for; null: whatever it is.
   */
  | { call: "reload"; afloat: string; file: string; apply: boolean; basis: string | null; by: string }
  /** Stop every service, then the agent. Progress as `line` answers. `onPurpose`, `backWithinMs`: what the cloud is told of its return. */
  | ({ call: "down" } & Goodbye)
  /** A `changed` answer at once and after every change, until the client leaves. */
  | { call: "watch" }
  /** The same, and every second with what each service uses just now. */
  | { call: "measure" }
);

export type ControlAnswer = { id: number } & (
  | { kind: "status"; status: Status }
  | { kind: "link"; link: LinkReport }
  | { kind: "asked"; outcomes: AskOutcome[] }
  | { kind: "explained"; services: Explained[] }
  | { kind: "plan"; plan: PlanShown; basis: string }
  | { kind: "outcome"; outcome: AskOutcome }
  /** A reload is applied; the outcomes that follow tell how services come up. */
  | { kind: "applied" }
  | { kind: "line"; text: string }
  | { kind: "changed"; status: Status }
  | { kind: "done" }
  | { kind: "error"; code: "bad-request" | "other-version" | "unknown-service" | "failed"; message: string }
);

/** A service as it is, and as it is explained: both of the same moment. */
export interface Explained {
  snapshot: ServiceSnapshot;
  explanation: Explanation;
}

/** What a reload does, as it is shown: without the values, which may be secrets. */
export interface PlanShown {
  services: StepShown[];
  /** Settings of the host by their words; `new-start`: only a new agent goes by it. */
  host: { setting: string; takes: "in-place" | "new-start" }[];
  /** How many services stay exactly as they are. */
  unchanged: number;
}

export interface StepShown {
  kind: "stop" | "start" | "restart" | "change";
  service: string;
  /** What is different, by the words of afloat.yaml. */
  settings: string[];
  /** Names of variables that come, are different and go. */
  env: { added: string[]; changed: string[]; removed: string[] };
}

/** What became of a person's request for one service. */
export interface AskOutcome {
  service: string;
  kind: "done" | "refused" | "failed";
  /** `running as pid 4711`, `paused by anna at 13:28; resume it`. */
  detail: string;
  pid: number | null;
}

/** `afloat status --json` prints this, whole. */
export interface Status {
  agent: {
    pid: number;
    version: string;
    startedMs: number;
    configFile: string;
    stateDir: string;
    /** The profiles that it was started with; absent in what an older agent says. */
    profiles?: string[];
    /** The files that it goes by, as they were when they were read; absent in what an older agent says. */
    sources?: SourceFile[];
  };
  link: LinkStatus;
  /** Absent in what an older agent says. */
  journal?: JournalStatus;
  services: MeasuredService[];
  /** Words that stand for several services; absent in what an older agent says. */
  groups?: Groups;
}

/** A service, what it uses, and how its probes went. Absent in what an older agent says. */
export interface MeasuredService extends ServiceSnapshot {
  measures?: Measures | null;
  probes?: ProbeCounts | null;
}

/** The journal on disk. */
export interface JournalStatus {
  bytes: number;
  limitBytes: number;
  /** Why the disk takes nothing, and since when; null where it does. */
  fault: { text: string; sinceMs: number } | null;
  /** Events that wait in memory meanwhile. */
  inMemory: number;
  /** Events that were dropped before the cloud had them, since the agent started. */
  lost: number;
}

/**
 * The way to the cloud. `unsent`: journal events that D1 does not have yet; `lastRecordedMs`: when it last told what it has.
 * `mend`: what a person does about it. What may be absent is so in what an older agent says.
 */
export type LinkStatus = {
  unsent: number;
  lastRecordedMs: number | null;
  /** How far this host's clock is ahead of the cloud's, and within what that is known; null before it was measured. */
  clock?: { aheadMs: number; errorMs: number } | null;
} & (
  | { kind: "none"; why: string }
  | ({ kind: "connecting"; cloud: string; attempt: number; lastError: string | null; nextTryMs: number | null } & Fault)
  /** `viaWhy`: why not by socket; `socketAgainMs`: when one is tried again. */
  | {
      kind: "connected";
      cloud: string;
      via: "socket" | "http";
      sinceMs: number;
      viaWhy?: string | null;
      socketAgainMs?: number | null;
    }
  | ({ kind: "refused"; cloud: string; why: string; nextTryMs?: number | null } & Fault)
);

/** What stands between a host and its cloud: one of the words of docs/link.md. */
interface Fault {
  fault?: string | null;
  mend?: string | null;
}

/** `afloat link --json` prints this, whole. */
export interface LinkReport {
  status: LinkStatus;
  /** Whose credential is used; null where this host is not enrolled. */
  host: { id: string; name: string; organization: string } | null;
  /** How it is called: by which proxy, without its password, or why by none. */
  proxy: { shown: string; variable: string; hasPassword: boolean } | null;
  proxyWhy: string | null;
  /** Of the connection that stands; null without one, or without TLS. */
  tls: { version: string; issuer: string; validToMs: number | null } | null;
  /** The file of `cloud_ca`; null for the authorities that Node trusts. */
  authority: string | null;
  /** Journal events: not sent on this connection; sent, not held by the cloud; held, not recorded there; recorded up to. */
  events: { waiting: number; onTheWay: number; held: number; recordedSeq: number; lastSeq: number };
  /** What the last tries came to, oldest first; the same, one after the other, is one of them. */
  history: { outcome: string; via: "socket" | "http"; why: string; firstMs: number; lastMs: number; times: number }[];
}
