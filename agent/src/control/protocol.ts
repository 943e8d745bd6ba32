import type { Groups } from "@afloat/shared/config/groups";
import type { Explanation } from "@afloat/shared/core/explanation/explanation";
import type { ServiceSnapshot, Verb } from "@afloat/shared/domain";

/**
 * What `afloat` and its daemon say to each other over the Unix socket in the state folder (mode 0600): one JSON object a
 * line, each way. A request carries an id; every answer carries it back; `watch` goes on answering until the client leaves.
 */
export const CONTROL_VERSION = 1;

/** A request line longer than this is refused, bytes. */
export const REQUEST_LIMIT_BYTES = 64 * 1024;

export type ControlRequest = { version: number; id: number } & (
  | { call: "status" }
  /** Names are exact; the client has already resolved globs. Answers when it is done, past starting, or refused. */
  | { call: "ask"; verb: Exclude<Verb, "check" | "logs">; services: string[]; by: string }
  /** Why they are judged as they are, and what comes next. */
  | { call: "explain"; services: string[] }
  /** A retired or failing endpoint is asked again. */
  | { call: "recheck"; services: string[]; by: string }
  /** Counters of restarts are set back to none. */
  | { call: "reset"; services: string[]; by: string }
  /** Stop every service, then the agent. Progress as `line` answers. */
  | { call: "down" }
  /** A `changed` answer at once and after every change, until the client leaves. */
  | { call: "watch" }
);

export type ControlAnswer = { id: number } & (
  | { kind: "status"; status: Status }
  | { kind: "asked"; outcomes: AskOutcome[] }
  | { kind: "explained"; services: Explained[] }
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
  agent: { pid: number; version: string; startedMs: number; configFile: string; stateDir: string };
  link: LinkStatus;
  services: ServiceSnapshot[];
  /** Words that stand for several services; absent in what an older agent says. */
  groups?: Groups;
}

/** The way to the cloud. `unsent`: journal events that D1 does not have yet; `lastRecordedMs`: when it last told what it has. */
export type LinkStatus = { unsent: number; lastRecordedMs: number | null } & (
  | { kind: "none"; why: string }
  | { kind: "connecting"; cloud: string; attempt: number; lastError: string | null; nextTryMs: number | null }
  | { kind: "connected"; cloud: string; via: "socket" | "http"; sinceMs: number }
  | { kind: "refused"; cloud: string; why: string }
);
