import * as v from "valibot";

/**
 * The language as its first version had it: before hosts streamed what their services use, before samples of hours, and before
 * several fields that may be absent. Never changed: a host or a cloud of that version goes by it, and must understand whoever is newer.
 */

const EVENTS_LIMIT = 200;

const COMMAND_STEPS = [
  "queued",
  "delivered",
  "running",
  "done",
  "refused",
  "failed",
  "expired",
  "interrupted",
] as const;
const DESIRED = ["run", "pause"] as const;
const LOOP_CAUSES = ["exit-code", "signal", "out-of-memory", "health-check", "cannot-start", "exit-unknown"] as const;
const REASON_CODES = [
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
const STATES = ["waiting", "starting", "up", "stopping", "backoff", "paused", "completed", "off"] as const;
const VERBS = ["restart", "start", "stop", "pause", "resume", "check", "logs"] as const;
const VERDICTS = ["healthy", "starting", "waiting", "degraded", "unhealthy", "down", "paused", "completed"] as const;

const timeMs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8_640_000_000_000_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const seq = count;
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64), v.regex(/^[A-Za-z0-9_-]+$/));
const text = (limit: number) => v.pipe(v.string(), v.maxLength(limit));

/** A service's name: what afloat.yaml allows, checked again at every border. */
const serviceName = v.pipe(
  v.string(),
  v.maxLength(64),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    "letters, digits, dots, dashes and underscores, starting with a letter or digit",
  ),
);

const exit = v.object({
  code: v.nullable(v.pipe(v.number(), v.integer())),
  signal: v.nullable(text(16)),
  atMs: timeMs,
  ranMs: count,
  outOfMemory: v.optional(v.boolean()),
});

const loop = v.object({
  openedMs: timeMs,
  closedMs: v.nullable(timeMs),
  restarts: count,
  spanMs: count,
  withinMs: count,
  longestGapMs: count,
  cause: v.object({ code: v.picklist(LOOP_CAUSES), text: text(300) }),
});

const diagnosis = v.object({
  code: v.picklist([
    "wrong-path",
    "wrong-port",
    "crashes",
    "hangs",
    "https",
    "redirect",
    "wrong-family",
    "slow",
    "error-status",
    "unclear",
  ]),
  what: text(500),
  proof: text(1000),
  write: v.nullable(text(200)),
  where: v.nullable(text(200)),
});

const serviceSnapshot = v.object({
  name: serviceName,
  desired: v.picklist(DESIRED),
  paused: v.nullable(v.object({ by: text(100), atMs: timeMs })),
  state: v.picklist(STATES),
  verdict: v.picklist(VERDICTS),
  reasonCode: v.picklist(REASON_CODES),
  reason: text(500),
  sinceMs: timeMs,
  pid: v.nullable(count),
  port: v.nullable(count),
  restarts: count,
  upSinceMs: v.nullable(timeMs),
  nextTryMs: v.nullable(timeMs),
  loop: v.nullable(loop),
  lastExit: v.nullable(exit),
  endpoint: v.nullable(
    v.object({
      what: text(300),
      proven: v.boolean(),
      lastOkMs: v.nullable(timeMs),
      last: v.nullable(text(300)),
      lastMs: v.nullable(v.number()),
      retired: v.boolean(),
    }),
  ),
  diagnosis: v.nullable(diagnosis),
});

const stamped = { seq, atMs: timeMs };

/** One line of the host's journal. `seq` counts from 1 in each journal and has no holes. */
const journalEvent = v.variant("kind", [
  /** The agent started; everything before it is from an earlier run. */
  v.object({ ...stamped, kind: v.literal("agent-started"), runId: id, version: text(32) }),
  v.object({ ...stamped, kind: v.literal("agent-stopped"), planned: v.boolean() }),
  /** A service's snapshot changed in verdict, reason, state, desired or diagnosis. */
  v.object({ ...stamped, kind: v.literal("flip"), snapshot: serviceSnapshot }),
  v.object({ ...stamped, kind: v.literal("exited"), service: serviceName, exit }),
  v.object({ ...stamped, kind: v.literal("restart"), service: serviceName, planned: v.boolean(), why: text(300) }),
  v.object({
    ...stamped,
    kind: v.literal("loop-opened"),
    service: serviceName,
    loop,
    exit: v.nullable(exit),
    /** The last lines of output, oldest first, secrets already redacted on the host. */
    lastLines: v.pipe(v.array(text(500)), v.maxLength(20)),
  }),
  v.object({ ...stamped, kind: v.literal("loop-closed"), service: serviceName, loop }),
  v.object({
    ...stamped,
    kind: v.literal("notice"),
    service: serviceName,
    code: v.picklist(["endpoint-unproven", "endpoint-regressed", "endpoint-crashes-service", "port-conflict"]),
    text: text(500),
  }),
  /** How a command from afar went. */
  v.object({
    ...stamped,
    kind: v.literal("command"),
    command: id,
    step: v.picklist(COMMAND_STEPS),
    detail: text(500),
  }),
  /** Services that are no longer configured. */
  v.object({ ...stamped, kind: v.literal("removed"), service: serviceName }),
]);

/** The first message of every connection. */
const hello = v.object({
  type: v.literal("hello"),
  protocol: count,
  agent: v.object({ version: text(32), node: text(32) }),
  journalId: id,
  bootId: id,
  runId: id,
  host: v.object({ name: text(255), os: text(100), arch: text(32), cpus: count, memoryBytes: count }),
  remote: v.array(v.picklist(VERBS)),
  /** The oldest event still held on disk, and the newest; both 0 in an empty journal. */
  firstSeq: seq,
  lastSeq: seq,
  /** The host's own clock, to show how far off it is; liveness never goes by it. */
  clockMs: timeMs,
  services: v.pipe(v.array(serviceSnapshot), v.maxLength(500)),
});

export const agentMessage = v.variant("type", [
  hello,
  v.object({
    type: v.literal("events"),
    events: v.pipe(v.array(journalEvent), v.minLength(1), v.maxLength(EVENTS_LIMIT)),
  }),
  /** The heartbeat over HTTP, where there is no `ping`. */
  v.object({ type: v.literal("beat"), journalId: id, runId: id, lastSeq: seq }),
  /** The agent is about to do this command: may it? */
  v.object({ type: v.literal("claim"), command: id }),
  /** The agent leaves on purpose: silence from now on is no alarm. */
  v.object({ type: v.literal("bye"), planned: v.boolean() }),
]);

export const cloudMessage = v.variant("type", [
  /** Answers hello. The agent sends again all after `recorded`. */
  v.object({
    type: v.literal("welcome"),
    protocol: count,
    held: seq,
    recorded: seq,
    heartbeatMs: count,
    clockMs: timeMs,
  }),
  /** `held` by the Fleet; `recorded` in D1, which alone lets the agent forget. */
  v.object({ type: v.literal("ack"), held: seq, recorded: seq }),
  v.object({
    type: v.literal("command"),
    id,
    verb: v.picklist(VERBS),
    service: serviceName,
    by: text(100),
    /** Measured from when it is sent: the host's clock is not asked. */
    expiresInMs: count,
  }),
  v.object({ type: v.literal("grant"), command: id }),
  v.object({ type: v.literal("deny"), command: id, why: text(300) }),
  v.object({
    type: v.literal("error"),
    code: v.picklist([
      "unknown-message",
      "bad-message",
      "too-old",
      "too-large",
      "unauthorized",
      "in-use-elsewhere",
      "hello-first",
      "busy",
    ]),
    text: text(500),
  }),
]);
