import * as v from "valibot";
import {
  COMMAND_STEPS,
  DESIRED,
  DIAGNOSIS_CODES,
  LOOP_CAUSES,
  REASON_CODES,
  STATES,
  VERBS,
  VERDICTS,
} from "./domain.ts";
import { GONE_LIMIT_MS, OFFLINE_AFTER_MS } from "./core/offline-after.ts";

/**
 * What agent and Worker say to each other, over the socket one JSON message a frame, over HTTP as arrays of the same
 * messages. Unknown fields are ignored; an unknown message is answered with `error`. Times are milliseconds since the epoch.
 */
export const PROTOCOL = 1;

/** The application-level heartbeat, answered by the platform without waking anything. Not JSON on purpose. */
export const PING = "ping";
export const PONG = "pong";

/** A frame larger than this is refused, bytes. */
export const FRAME_LIMIT_BYTES = 256 * 1024;
/** Events in one message. */
export const EVENTS_LIMIT = 200;
/** Lines of output that the command `logs` brings, at most. */
export const TAIL_LINES = 100;

/** Why events are not told one by one. */
export const OMITTED_WHY = ["storm", "dropped", "damaged"] as const;
/** Services of which exits are counted in one message. */
export const OMITTED_SERVICES = 50;

const timeMs = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8_640_000_000_000_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const seq = count;
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64), v.regex(/^[A-Za-z0-9_-]+$/));
const text = (limit: number) => v.pipe(v.string(), v.maxLength(limit));

/** A service's name: what afloat.yaml allows, checked again at every border. */
export const serviceName = v.pipe(
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
  // A newer agent may know more: its words are kept.
  code: v.fallback(v.picklist(DIAGNOSIS_CODES), "unclear"),
  what: text(500),
  proof: text(1000),
  write: v.nullable(text(200)),
  where: v.nullable(text(200)),
});

/** How long an endpoint's last answers took, whole milliseconds. */
const latency = v.object({ count, p50Ms: count, p95Ms: count, maxMs: count });

export const serviceSnapshot = v.object({
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
      latency: v.optional(v.nullable(latency)),
    }),
  ),
  diagnosis: v.nullable(diagnosis),
  needs: v.optional(v.pipe(v.array(serviceName), v.maxLength(500))),
});

const stamped = { seq, atMs: timeMs };

/** One line of the host's journal. `seq` counts from 1 in each journal and has no holes: `omitted` stands for several numbers. */
export const journalEvent = v.variant("kind", [
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
    /** Who asked what of which service; absent in what an older agent says. */
    verb: v.optional(v.picklist(VERBS)),
    service: v.optional(serviceName),
    by: v.optional(text(100)),
  }),
  /** Services that are no longer configured. */
  v.object({ ...stamped, kind: v.literal("removed"), service: serviceName }),
  /**
   * Stands for the events from number `from` up to its own, which are not told one by one: of a crash `storm` they are counted;
   * what a full journal `dropped`, or a disk `damaged`, is gone. Only for a cloud whose welcome says `omits`.
   */
  v.object({
    ...stamped,
    kind: v.literal("omitted"),
    from: seq,
    fromMs: timeMs,
    why: v.picklist(OMITTED_WHY),
    /** How many of each kind; of what was damaged the kind is not known, and the number is an upper bound. */
    counts: v.pipe(v.record(text(32), count), v.maxEntries(32)),
    /** Exits and restarts among them, by service; of very many services those with the most. */
    services: v.pipe(
      v.array(v.object({ name: serviceName, exits: count, restarts: count })),
      v.maxLength(OMITTED_SERVICES),
    ),
  }),
]);
export type JournalEvent = v.InferOutput<typeof journalEvent>;
export type Omitted = Extract<JournalEvent, { kind: "omitted" }>;

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(100_000));

/** What a service uses just now; 1 is one core kept busy. What the host does not know is null. */
const use = v.object({
  name: serviceName,
  cpu: v.nullable(share),
  memoryBytes: v.nullable(count),
  threads: v.nullable(count),
  openFiles: v.nullable(count),
});
export type ServiceUse = v.InferOutput<typeof use>;

/** What a service used in an hour. */
const hourUse = v.object({
  name: serviceName,
  cpuMean: v.nullable(share),
  cpuMax: v.nullable(share),
  memoryMeanBytes: v.nullable(count),
  memoryMaxBytes: v.nullable(count),
  p50Ms: v.nullable(count),
  p95Ms: v.nullable(count),
});
export type ServiceHourUse = v.InferOutput<typeof hourUse>;

/** The first message of every connection. */
const hello = v.object({
  type: v.literal("hello"),
  protocol: count,
  agent: v.object({ version: text(32), node: text(32) }),
  journalId: id,
  bootId: id,
  runId: id,
  host: v.object({ name: text(255), os: text(100), arch: text(32), cpus: count, memoryBytes: count }),
  /** What it allows to be asked. A newer agent may know more verbs: what we cannot ask is left out. */
  remote: v.pipe(
    v.array(v.string()),
    v.transform((words) => VERBS.filter((verb) => words.includes(verb))),
  ),
  /** The oldest event still held on disk, and the newest; both 0 in an empty journal. */
  firstSeq: seq,
  lastSeq: seq,
  /** The host's own clock, to show how far off it is; liveness never goes by it. */
  clockMs: timeMs,
  /** Since when this run of the agent watches without a pause, milliseconds ago; absent in what an older agent says. */
  ranMs: v.optional(count),
  /** How far the times in `services` were corrected to the cloud's clock; absent: they are by the host's own. */
  correctedMs: v.optional(v.pipe(v.number(), v.integer())),
  services: v.pipe(v.array(serviceSnapshot), v.maxLength(500)),
  /** It can stream what its services use; absent in what an older agent says. */
  streams: v.optional(v.boolean()),
  /** How long it may be silent, and whether that is no alarm at all; absent where its configuration does not say. */
  offlineAfterMs: v.optional(
    v.pipe(
      count,
      v.transform((ms) => Math.min(OFFLINE_AFTER_MS.most, Math.max(OFFLINE_AFTER_MS.least, ms))),
    ),
  ),
  sleeps: v.optional(v.boolean()),
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
  /** What services use just now, while the cloud asks for it (`stream`). */
  v.object({ type: v.literal("measures"), services: v.pipe(v.array(use), v.maxLength(500)) }),
  /** An hour that is over, said again until it is recorded. `coveredMs`: how much of it was looked at. */
  v.object({
    type: v.literal("sample"),
    hourMs: timeMs,
    coveredMs: count,
    services: v.pipe(v.array(hourUse), v.maxLength(500)),
  }),
  /** What the command `logs` asked for: the last lines of output, oldest first, secrets already redacted on the host. */
  v.object({ type: v.literal("tail"), command: id, lines: v.pipe(v.array(text(500)), v.maxLength(TAIL_LINES)) }),
  /** The agent leaves on purpose: silence from now on is no alarm. */
  v.object({
    type: v.literal("bye"),
    planned: v.boolean(),
    /** Somebody said that it is planned (`afloat down --planned`); and that it is to be missed after so long. */
    onPurpose: v.optional(v.boolean()),
    backWithinMs: v.optional(v.pipe(count, v.maxValue(GONE_LIMIT_MS))),
  }),
]);
export type AgentMessage = v.InferOutput<typeof agentMessage>;
/** What an agent that leaves may say of its return. */
export type Goodbye = Pick<Extract<AgentMessage, { type: "bye" }>, "onPurpose" | "backWithinMs">;
export type Hello = v.InferOutput<typeof hello>;

export const cloudMessage = v.variant("type", [
  /** Answers hello. The agent sends again all after `recorded`. */
  v.object({
    type: v.literal("welcome"),
    protocol: count,
    held: seq,
    recorded: seq,
    heartbeatMs: count,
    clockMs: timeMs,
    /** It records samples; absent in what an older cloud says, which would not know them. */
    samples: v.optional(v.boolean()),
    /** It understands `omitted`; absent in what an older cloud says. */
    omits: v.optional(v.boolean()),
  }),
  /** Somebody looks: say `measures` so often from now on; 0 for no more. Only to an agent that `streams`. */
  v.object({ type: v.literal("stream"), everyMs: count }),
  /** The sample of that hour is recorded: it may be forgotten. */
  v.object({ type: v.literal("sampled"), hourMs: timeMs }),
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
  v.object({
    type: v.literal("grant"),
    command: id,
    /** What is left of the command's time, counted from when this is sent; absent in what an older cloud says. */
    expiresInMs: v.optional(count),
  }),
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
    /** With `busy`: when there is room again. An older cloud does not say, and an agent then waits a minute. */
    afterMs: v.optional(count),
  }),
]);
export type CloudMessage = v.InferOutput<typeof cloudMessage>;

/**
 * Body and answer of `POST /agent/messages`, for hosts where WebSockets cannot pass. Each message is read for itself: one that is
 * newer than the other side must not cost it the others.
 */
export const agentPost = v.object({ messages: v.pipe(v.array(v.unknown()), v.maxLength(50)) });
export const cloudAnswer = v.object({
  messages: v.array(cloudMessage),
  /** Bodies may come compressed from now on (`content-encoding: gzip`); absent in what an older cloud says. */
  gzip: v.optional(v.boolean()),
});

/** Body and answer of `POST /agent/enroll`; the enrolment key travels in the Authorization header. */
export const enrollRequest = v.object({
  host: v.object({ name: v.pipe(text(255), v.minLength(1)), os: text(100), arch: text(32) }),
});
export const enrollAnswer = v.object({
  credential: v.pipe(v.string(), v.regex(/^afa_/)),
  organization: v.object({ name: v.string(), slug: v.string() }),
  host: v.object({ id, name: v.string() }),
  /** Where a person sees this host. */
  dashboard: v.string(),
});
