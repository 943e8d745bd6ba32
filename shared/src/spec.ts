import type { DependencyCondition, RestartOn, RestartPolicy, StopSignal, Verb } from "./domain.ts";

/** `afloat.yaml`, parsed: nothing left to default, every duration in milliseconds, every path absolute. */
export interface HostSpec {
  /** The Worker's address, or null for a host that speaks to nobody. */
  cloud: string | null;
  /** The one file of authorities (PEM) that is trusted for the cloud; null for those of the system, absent in what an older afloat handed over. */
  cloudCa?: string | null;
  /** What may be asked from afar; empty for nothing. */
  remote: Verb[];
  /** Where Prometheus may read; null for nowhere, absent in what an older afloat handed over. */
  metrics?: MetricsSpec | null;
  /** How long it may be silent before it counts as offline, milliseconds; absent in what an older afloat handed over, like the next. */
  offlineAfterMs?: number;
  /** Its silence is no alarm: a laptop. */
  sleeps?: boolean;
  /** The profiles it was read with: what belongs to others only is not in it. */
  profiles: string[];
  /** In the order of the file. */
  services: ServiceSpec[];
  /** The files that it was read from; absent in what an older afloat handed over. */
  sources?: SourceFile[];
}

/** A file as it was when it was read, so that it can be told whether it has changed since. */
export interface SourceFile {
  /** Absolute. */
  path: string;
  modifiedMs: number;
  bytes: number;
  /** SHA-256 of its content, in hexadecimal digits. */
  hash: string;
}

/** An address without brackets, or a name of this host. */
export interface MetricsSpec {
  address: string;
  port: number;
}

export interface ServiceSpec {
  name: string;
  /** Which of several it is, where `of` is the service as it is written; null for one that is alone. */
  instance: { of: string; number: number } | null;
  groups: string[];
  profiles: string[];
  command: CommandSpec;
  /** It goes into the background by itself: when its first process ends with success, those it left are the service. */
  forks: boolean;
  /** As whom it runs, a name or a number; null for the agent's own user and group. */
  user: string | null;
  group: string | null;
  /** What its processes are given by the system; null for what the agent has. */
  process: ProcessSpec | null;
  cwd: string;
  /** Added to the agent's own environment. */
  env: Record<string, string>;
  /** Variables whose values are read at each start from these files, absolute: they are kept nowhere else. */
  secretFiles: Record<string, string>;
  /** TCP ports it should listen on; empty for none. One open keeps alive, one missing degrades. */
  ports: number[];
  /** `any` where the listener is not one of the service's own processes: containers, socket activation. */
  portOwner: "own" | "any";
  /** Null where no endpoint is configured: port only, or process only. */
  endpoint: EndpointSpec | null;
  check: CheckSpec;
  dependsOn: Record<string, DependencyCondition>;
  restart: RestartPolicy;
  /** Started anew at these times, by the clock on the wall; null for never. */
  schedule: ScheduleSpec | null;
  /** Started anew when one of these files changes; null for never. */
  follow: FollowSpec | null;
  /** Exit codes that are success. */
  successCodes: number[];
  /** The command, where there is one, is run before the signal; each has this long. */
  stop: { command: CommandSpec | null; signal: StopSignal; timeoutMs: number };
  log: LogSpec;
  backoff: { minMs: number; maxMs: number; stableAfterMs: number };
  /** A restart loop is this many unplanned restarts inside any one of these windows. */
  loopWindows: { restarts: number; withinMs: number }[];
  /** Where it stands in the file, for messages: `afloat.yaml:12`. */
  where: string;
  /** Where its settings stand, by their names: `port`, `health.timeout`. Only those that are written; absent in what an older afloat handed over. */
  wheres?: Record<string, string>;
}

export interface ProcessSpec {
  /** -20 (first) to 19 (last); null for the agent's own. */
  nice: number | null;
  /** Octal digits, like `022`; null for the agent's own. */
  umask: string | null;
  /** -1000 (never killed for memory) to 1000 (killed first); null for the agent's own. */
  oomScoreAdj: number | null;
  limits: LimitSpec[];
}

export interface LimitSpec {
  /** As it is written in the file: `nofile`, `memory`. */
  name: string;
  /** As prlimit(1) calls it: `nofile`, `as`. */
  option: string;
  /** Null leaves it as it is. */
  soft: LimitValue | null;
  hard: LimitValue | null;
}

/** Bytes, seconds or a count, as getrlimit(2) has it. */
export type LimitValue = number | "unlimited";

export interface ScheduleSpec {
  /** Five fields as crontab(5) has them, or `@daily` and its like. */
  cron: string;
  /** A name of the IANA database; null for the host's own. */
  timezone: string | null;
}

export interface FollowSpec {
  /** Files and folders with all that is in them, absolute. */
  paths: string[];
  /** Patterns like `*.log` or `dist/**` within these, beside what nobody means (`.git`, `node_modules`, our own state). */
  ignore: string[];
  /** Changes are waited for until there is none for so long. */
  debounceMs: number;
}

/** A line for `/bin/sh -c`, or words run as they stand. */
export type CommandSpec = { kind: "line"; line: string } | { kind: "words"; words: string[] };

/** What is kept of a service's output. */
export interface LogSpec {
  /** The live file is put behind when it is larger than this. */
  maxBytes: number;
  /** How many pieces behind the live file are kept; 0 keeps none. */
  keep: number;
  /** Pieces older than this are removed; null keeps them. */
  maxAgeMs: number | null;
  /** Pieces are gzipped. */
  compress: boolean;
}

/** What is called to learn whether the service works. */
export type EndpointSpec = (HttpEndpoint | GrpcEndpoint | CommandEndpoint) & {
  /** Where it stands in the file, like `afloat.yaml:14`. */
  where: string;
  /** The config words that name it, like `health: /health`. */
  written: string;
};

export interface HttpEndpoint {
  kind: "http";
  method: "GET" | "HEAD" | "POST" | "OPTIONS";
  /** `http://localhost:5001/health`; host `localhost` is tried on 127.0.0.1 and then on ::1. */
  url: string;
  /** A Unix socket that is called instead of the URL's host and port, absolute; null for none. */
  socket: string | null;
  /** Sent beside our own, and instead of those of the same name. */
  headers: Record<string, string>;
  /** Inclusive ranges of statuses that are ok; 200-299 by default. */
  expect: { from: number; to: number }[];
  /** A regular expression that the beginning of the body must match; null where any will do. */
  body: string | null;
  tls: TlsSpec;
}

/** The standard health service, `grpc.health.v1.Health/Check`. */
export interface GrpcEndpoint {
  kind: "grpc";
  /** `http://localhost:50051` or with https. */
  url: string;
  /** The service asked about; empty for the server as a whole. */
  service: string;
  tls: TlsSpec;
}

/** Exit code 0 is ok. Runs as the service's own: its folder, user and environment. */
export interface CommandEndpoint {
  kind: "command";
  command: CommandSpec;
}

export interface TlsSpec {
  /** A file of certificates that are trusted instead of the system's, absolute; null for the system's. */
  ca: string | null;
  /** False: any certificate will do. */
  verify: boolean;
}

export interface CheckSpec {
  intervalMs: number;
  /** One deadline over connect, headers and body. */
  timeoutMs: number;
  /** After a start, failures do not count for so long. */
  startPeriodMs: number;
  /** How long a proven port may take to open again. */
  startTimeoutMs: number;
  failureThreshold: number;
  restartOn: RestartOn;
  /** Health restarts in a row without a cure after which no more follow. */
  futileAfter: number;
  /** How long a service that is restarted for health may take to end: what hangs seldom ends by itself. */
  stopTimeoutMs: number;
}
