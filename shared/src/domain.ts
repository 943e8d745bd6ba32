/**
 * The glossary: every word that agent, wire, database and page share, written once.
 * A value outside these lists is refused at the border and never travels further.
 */

/** What a service is judged to be right now. Decided by `judge` alone (core/judgement.ts). */
export const VERDICTS = [
  "healthy",
  "starting",
  "waiting",
  "degraded",
  "unhealthy",
  "down",
  "paused",
  "completed",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Which row of the judgement table decided the verdict. */
export const REASON_CODES = [
  "paused-by-person",
  "dependency",
  "exit-success",
  "exited",
  "cannot-start",
  "shut-down",
  "endpoint-ok",
  "foreign-answer",
  "start-period",
  "port-conflict",
  "port-only",
  "process-only",
  "unproven-endpoint",
  "regressed-endpoint",
  "unproven-port",
  "port-opening",
  "port-missing",
  "not-listening",
  "dependency-failing",
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** Where a service is in its life, whatever its health. The `state` of `afloat status --json`. */
export const STATES = ["waiting", "starting", "up", "stopping", "backoff", "paused", "completed", "off"] as const;
export type State = (typeof STATES)[number];

/** What a person wants of a service. Only a person changes it. */
export const DESIRED = ["run", "pause"] as const;
export type Desired = (typeof DESIRED)[number];

/** What the public is told of a component; the words of the Statuspage vocabulary plus an honest `unknown`. */
export const PUBLIC_STATUSES = ["operational", "degraded_performance", "outage", "maintenance", "unknown"] as const;
export type PublicStatus = (typeof PUBLIC_STATUSES)[number];

/** When a dependency counts as met. `healthy` is met by healthy and by degraded. */
export const DEPENDENCY_CONDITIONS = ["started", "listening", "healthy", "completed"] as const;
export type DependencyCondition = (typeof DEPENDENCY_CONDITIONS)[number];

/** When an exit leads to a restart. */
export const RESTART_POLICIES = ["always", "on-failure", "never"] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/** How far a health check may go; each word includes the one before it. */
export const RESTART_ON = ["closed", "hung", "failing"] as const;
export type RestartOn = (typeof RESTART_ON)[number];

/** Signals that a service may be asked to end with. */
export const STOP_SIGNALS = [
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGABRT",
  "SIGWINCH",
  "SIGKILL",
] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** What may be asked of a host from afar. There is no verb that carries a command line, a path or code. */
export const VERBS = ["restart", "start", "stop", "pause", "resume", "check", "logs"] as const;
export type Verb = (typeof VERBS)[number];

/** The steps of a command asked from afar, in the order in which they may happen. */
export const COMMAND_STEPS = [
  "queued",
  "delivered",
  "running",
  "done",
  "refused",
  "failed",
  "expired",
  "interrupted",
] as const;
export type CommandStep = (typeof COMMAND_STEPS)[number];

/** Why an incident was opened. */
export const INCIDENT_KINDS = [
  "restart-loop",
  "service-down",
  "endpoint-regressed",
  "endpoint-unproven",
  "endpoint-crashes-service",
  "port-conflict",
  "host-offline",
  "host-flapping",
  "hosts-silent",
  "host-cloned",
  "agent-loop",
  "command-failed",
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** What members of an organization may do, most first. */
export const ROLES = ["owner", "admin", "responder", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** Why a service keeps restarting. */
export const LOOP_CAUSES = [
  "exit-code",
  "signal",
  "out-of-memory",
  "health-check",
  "cannot-start",
  "exit-unknown",
] as const;
export type LoopCauseCode = (typeof LOOP_CAUSES)[number];

/** What is most likely wrong with a check. docs/runbook.md has a paragraph for each. */
export const DIAGNOSIS_CODES = [
  "wrong-path",
  "wrong-port",
  "wrong-family",
  "nothing-listens",
  "port-conflict",
  "proxy",
  "crashes",
  "hangs",
  "slow",
  "https",
  "certificate",
  "protocol",
  "redirect",
  "credentials",
  "method",
  "host-header",
  "host-name",
  "grpc-service",
  "command",
  "not-running",
  "error-status",
  "unclear",
] as const;
export type DiagnosisCode = (typeof DIAGNOSIS_CODES)[number];

/** How a process ended. Code and signal are both null where the system could not tell (an adopted process). */
export interface Exit {
  code: number | null;
  signal: string | null;
  /** When it ended, not when it was noticed; milliseconds since the epoch. */
  atMs: number;
  /** How long it had run, milliseconds. */
  ranMs: number;
  outOfMemory?: boolean | undefined;
}

/** A restart loop: open from `openedMs` until `closedMs`. */
export interface Loop {
  openedMs: number;
  closedMs: number | null;
  /** Unplanned restarts inside the window that tripped. */
  restarts: number;
  /** From the first of these restarts to the last, milliseconds. */
  spanMs: number;
  /** The window that tripped, milliseconds. */
  withinMs: number;
  /** The longest gap between these restarts, milliseconds: the loop ends after twice that much uptime. */
  longestGapMs: number;
  cause: { code: LoopCauseCode; text: string };
}

/** What is most likely wrong with a check, how we know, and what to write instead. Evidence for a person; it never acts. */
export interface Diagnosis {
  code: DiagnosisCode;
  /** What is wrong, one sentence. */
  what: string;
  /** How we know, one sentence. */
  proof: string;
  /** The line to write in the config instead, or null where none is known. */
  write: string | null;
  /** Where it stands now, like `afloat.yaml:14`, or null. */
  where: string | null;
}

/** How long an endpoint's last answers took, whole milliseconds; percentiles by nearest rank. */
export interface Latency {
  /** Of how many answers, 60 at most. */
  count: number;
  p50Ms: number;
  p95Ms: number;
  maxMs: number;
}

/** All that is known of one service at one moment: what `status --json` prints, the wire carries and the page shows. */
export interface ServiceSnapshot {
  name: string;
  desired: Desired;
  /** Who paused it and when; null when it is wanted running. */
  paused: { by: string; atMs: number } | null;
  state: State;
  verdict: Verdict;
  reasonCode: ReasonCode;
  /** The verdict's reason in words. */
  reason: string;
  /** Since when this verdict and reason hold. */
  sinceMs: number;
  pid: number | null;
  /** The first configured port. */
  port: number | null;
  /** Restarts since the counters were last reset, planned and unplanned. */
  restarts: number;
  upSinceMs: number | null;
  /** When the next start is tried; null when none is waited for. */
  nextTryMs: number | null;
  loop: Loop | null;
  lastExit: Exit | null;
  /** Null where no endpoint is configured. */
  endpoint: {
    /** What is asked, like `GET /health`. */
    what: string;
    proven: boolean;
    lastOkMs: number | null;
    /** The last answer in words: `200`, `404`, `timed out after 2 s`; null before the first. */
    last: string | null;
    /** How long the last answer took. */
    lastMs: number | null;
    /** True when it crashed the service and is called no more. */
    retired: boolean;
    /** Of its last answers; null before the first, absent in what an older agent says. */
    latency?: Latency | null | undefined;
  } | null;
  diagnosis: Diagnosis | null;
  /** Services of its host that it depends on; absent where there are none, and in what an older agent says. */
  needs?: string[] | undefined;
}

/** What all processes of a service use of their host, together, at one moment. What the system does not tell is null, never 0. */
export interface Measures {
  /** When it was looked at. */
  atMs: number;
  /** Processor time over time between the last two looks: 1 is one core kept busy. Null before the second look. */
  cpu: number | null;
  /** How far apart these two looks were, milliseconds. */
  cpuOverMs: number | null;
  /** Resident memory, bytes: pages of files and of shared memory count once for the whole tree, not once a process. */
  memoryBytes: number | null;
  processes: number;
  threads: number;
  /** Open descriptors; null where we may not look. */
  openFiles: number | null;
}

/** How many probes there were since the agent started, and how long those that got an answer took. */
export interface ProbeCounts {
  ok: number;
  failed: number;
  /** Answers that took no longer than this, seconds; each bucket includes those before it. The last has no bound. */
  buckets: { leSeconds: number | null; count: number }[];
  sumSeconds: number;
}
