import type { ServiceSpec } from "../../spec.ts";
import { backoffDelayMs } from "../backoff.ts";
import { durationWords } from "../duration.ts";
import { endpointWords } from "../endpoint-words.ts";
import type { Life, ServiceState } from "../lifecycle-types.ts";
import { OWN_CHANGES_LIMIT } from "../planned.ts";
import { isRetired } from "../blame.ts";
import { strangerAnswering } from "../stranger.ts";
import { isFailing } from "../turn.ts";
import { portsWords } from "./sentence.ts";

/** What restarts a service, or what never does. A test drives the machine by each, and sees it kept. */
export type Condition = { text: string } &
  /** It ends. `delayMs`: how long its next start then waits, least and most; null where it waits for a dependency. */
  (
    | { code: "exit"; delayMs: { least: number; most: number } | null }
    /** `failures` more failing probes in a row, those that end before `fromMs` not counted. */
    | { code: "port-closed" | "endpoint-hangs" | "endpoint-fails"; failures: number; fromMs: number | null }
    | {
        code:
          | "never-exit"
          | "never-success"
          | "never-port"
          | "never-endpoint"
          | "never-other-failure"
          | "never-stranger"
          | "never-health"
          | "never-change"
          | "never";
      }
    /** The configuration plans it; it counts in no loop. */
    | { code: "schedule" | "change" }
    /** Nothing more is needed: it is being started or waits for its time. */
    | { code: "already" }
  );

/** What would have to happen before it is restarted. Those that never do are said, too. */
export function conditionsOf(state: ServiceState, spec: ServiceSpec, nowMs: number): Condition[] {
  const { desired, life } = state;
  if (desired.kind === "pause" && life.kind !== "off") {
    return [{ code: "never", text: "Nothing restarts it: it is paused." }];
  }
  switch (life.kind) {
    case "up":
      return [
        ...exitConditions(state, life, spec, nowMs),
        ...healthConditions(state, life, spec, nowMs),
        ...plannedConditions(state, spec),
      ];
    case "starting":
    case "waiting":
    case "backoff":
    case "paused":
      return [{ code: "already", text: "Nothing more has to happen: it is to be started." }];
    case "stopping":
      if (life.why === "shutdown" || life.why === "pause") {
        return [{ code: "never", text: "Nothing restarts it: it is being stopped." }];
      }
      return [{ code: "already", text: "Nothing more has to happen: it is being restarted." }];
    case "completed": {
      const planned = plannedConditions(state, spec);
      if (planned.length > 0) return planned;
      return [
        {
          code: "never",
          text: `Nothing restarts it but a person: it ended, and \`restart: ${spec.restart}\` leaves it so.`,
        },
      ];
    }
    case "off":
      return [{ code: "never", text: "Nothing restarts it until an agent begins: it was stopped with its agent." }];
  }
}

type Up = Extract<Life, { kind: "up" }>;

function exitConditions(state: ServiceState, life: Up, spec: ServiceSpec, nowMs: number): Condition[] {
  if (spec.restart === "never") return [{ code: "never-exit", text: "Never after an end: `restart: never`." }];
  const codes = spec.successCodes.join(", ");
  const how = spec.restart === "always" ? "It ends, in whatever way" : `It ends, but not with exit code ${codes}`;
  const final: Condition[] =
    spec.restart === "always"
      ? []
      : [{ code: "never-success", text: `Never after exit code ${codes}: that is success (\`restart: on-failure\`).` }];
  const [missing] = state.unmet;
  if (missing !== undefined) {
    const text = `${how}: then it waits for ${missing.service}, which ${missing.why}, and is started when that is there.`;
    return [{ code: "exit", delayMs: null, text }, ...final];
  }
  const stable = nowMs - life.sinceMs >= spec.backoff.stableAfterMs && !isFailing(state);
  const attempt = stable ? 0 : state.backoff.attempt;
  const delayMs = { least: backoffDelayMs(attempt, 0, spec.backoff), most: backoffDelayMs(attempt, 1, spec.backoff) };
  return [{ code: "exit", delayMs, text: `${how}: it is started again ${delayWords(delayMs)}.` }, ...final];
}

function delayWords({ least, most }: { least: number; most: number }): string {
  if (most === 0) return "at once";
  if (least === most) return `after ${durationWords(least)}`;
  return `after ${durationWords(least)} to ${durationWords(most)}`;
}

function plannedConditions(state: ServiceState, spec: ServiceSpec): Condition[] {
  const conditions: Condition[] = [];
  const { schedule, follow } = spec;
  if (schedule !== null) {
    const zone = schedule.timezone === null ? "" : ` in ${schedule.timezone}`;
    const running = spec.restart === "never" ? ", if it has ended by then" : "";
    conditions.push({
      code: "schedule",
      text: `The clock says \`${schedule.cron}\`${zone}${running}: that is planned.`,
    });
  }
  if (follow === null) return conditions;
  if (state.life.kind === "up" && state.ownChanges >= OWN_CHANGES_LIMIT) {
    const text = "Never for changed files until a person restarts it: it seems to write them itself.";
    return [...conditions, { code: "never-change", text }];
  }
  return [...conditions, { code: "change", text: `A file of ${follow.paths.join(", ")} changes: that is planned.` }];
}

function healthConditions(state: ServiceState, life: Up, spec: ServiceSpec, nowMs: number): Condition[] {
  if (spec.endpoint === null && spec.ports.length === 0) {
    return [{ code: "never-health", text: "Never for its health: nothing is probed." }];
  }
  const [missing] = state.unmet;
  if (missing !== undefined) {
    const text = `Never for its health while ${missing.service} ${missing.why}: that is not its own fault.`;
    return [{ code: "never-health", text }];
  }
  if (state.breaker.futile >= spec.check.futileAfter) {
    const text = `Never for its health any more: ${state.breaker.futile} such restarts in a row did not cure it.`;
    return [{ code: "never-health", text }];
  }
  return [...portConditions(state, life, spec, nowMs), ...endpointConditions(state, life, spec, nowMs)];
}

function portConditions(state: ServiceState, life: Up, spec: ServiceSpec, nowMs: number): Condition[] {
  if (spec.ports.length === 0) return [];
  const { port, observation } = state;
  const ports = portsWords(spec.ports);
  if (port.lastOkMs === null) {
    return [{ code: "never-port", text: `Never for ${ports}: what was never seen open proves nothing.` }];
  }
  const failures = Math.max(1, spec.check.failureThreshold - port.failures);
  const closed = spec.ports.length > 1 ? `all of ${ports} closed` : `${ports} closed`;
  const fromMs = port.openedThisLife
    ? null
    : future(life.sinceMs + Math.max(spec.check.startTimeoutMs, spec.check.startPeriodMs), nowMs);
  const conflict: Condition[] = observation?.ports.some((each) => each.kind === "listening" && each.owner === "foreign")
    ? [{ code: "never-port", text: "Never while a stranger holds its port: a restart would not free it." }]
    : [];
  const text = `${probesWords(failures, port.failures)} ${failures === 1 ? "finds" : "find"} ${closed}${fromWords(fromMs, nowMs)}.`;
  return [{ code: "port-closed", failures, fromMs, text }, ...(spec.portOwner === "any" ? [] : conflict)];
}

function endpointConditions(state: ServiceState, life: Up, spec: ServiceSpec, nowMs: number): Condition[] {
  if (spec.endpoint === null) return [];
  const { endpoint } = state;
  const { restartOn, failureThreshold, startPeriodMs } = spec.check;
  const what = endpointWords(spec);
  const never = (why: string): Condition[] => [{ code: "never-endpoint", text: `Never for ${what}: ${why}.` }];
  if (isRetired(state)) return never("it is called no more");
  if (endpoint.lastOkMs === null) return never("what never answered proves nothing");
  if (restartOn === "closed") return never("`restart_on: closed` restarts for a closed port only");
  if (state.observation !== null && strangerAnswering(state.observation, spec) !== null) {
    const text = `Never for ${what} while a stranger may answer there: its failures are not the service's.`;
    return [{ code: "never-stranger", text }];
  }
  const counted = restartOn === "hung" ? endpoint.timeouts : endpoint.failures;
  const failures = Math.max(1, failureThreshold - counted);
  const fromMs = future(life.sinceMs + startPeriodMs, nowMs);
  const meanwhile = spec.ports.length === 0 ? "" : " while its port listens";
  const probes = probesWords(failures, counted);
  const one = failures === 1;
  if (restartOn === "hung") {
    const text = `${probes} of ${what} ${one ? "times" : "time"} out${meanwhile}${fromWords(fromMs, nowMs)}.`;
    const other = `Never for another failure of ${what} than a time-out (\`restart_on: hung\`).`;
    return [
      { code: "endpoint-hangs", failures, fromMs, text },
      { code: "never-other-failure", text: other },
    ];
  }
  const text = `${probes} of ${what} ${one ? "fails" : "fail"}${meanwhile}${fromWords(fromMs, nowMs)}.`;
  return [{ code: "endpoint-fails", failures, fromMs, text }];
}

function probesWords(failures: number, counted: number): string {
  if (counted > 0) return failures === 1 ? "One more probe" : `${failures} more probes in a row`;
  return failures === 1 ? "One probe" : `${failures} probes in a row`;
}

const future = (ms: number, nowMs: number) => (ms > nowMs ? ms : null);

const fromWords = (fromMs: number | null, nowMs: number) =>
  fromMs === null ? "" : `, those of the next ${durationWords(fromMs - nowMs)} not counted`;
