import type {
  CommandSpec,
  EndpointSpec,
  HostSpec,
  LimitSpec,
  LimitValue,
  MetricsSpec,
  ProcessSpec,
  ServiceSpec,
} from "../spec.ts";
import { escaped } from "./variables.ts";

/** A value of YAML. */
export type Plain = string | number | boolean | Plain[] | { [key: string]: Plain };

/** What is not for every eye. The name is that of a variable or a header; null for any other text. */
export interface Hiding {
  text: (name: string | null, value: string) => string;
  words: (words: string[]) => string[];
}

/**
 * What is in force, in the words of afloat.yaml: every default filled in, every variable put in, every instance for itself. Read as a
 * configuration it comes to the same, but for what is hidden. Secrets are named by their files.
 */
export function shownConfig(
  { cloud, cloudCa, remote, metrics, offlineAfterMs, sleeps, services }: HostSpec,
  hiding: Hiding,
): Record<string, Plain> {
  return {
    ...(cloud === null ? {} : { cloud: escaped(cloud) }),
    ...(cloudCa === null || cloudCa === undefined ? {} : { cloud_ca: escaped(cloudCa) }),
    remote: remote.length === 0 ? "off" : [...remote],
    ...(metrics === null || metrics === undefined ? {} : { metrics: addressOf(metrics) }),
    ...(offlineAfterMs === undefined ? {} : { offline_after: durationText(offlineAfterMs) }),
    ...(sleeps === undefined ? {} : { sleeps }),
    services: Object.fromEntries(services.map((service) => [service.name, shownService(service, hiding)])),
  };
}

function shownService(spec: ServiceSpec, hiding: Hiding): Record<string, Plain> {
  const { check, stop, log, backoff } = spec;
  const hasHealth = spec.endpoint !== null || spec.ports.length > 0;
  return {
    command: shownCommand(spec.command, hiding),
    forks: spec.forks,
    ...present({ user: spec.user, group: spec.group }),
    ...(spec.process === null ? {} : shownProcess(spec.process)),
    cwd: escaped(spec.cwd),
    ...unlessEmpty("env", envOf(spec, hiding)),
    ...unlessEmpty("groups", [...spec.groups]),
    ...unlessEmpty("profiles", [...spec.profiles]),
    ...(spec.ports.length === 1 ? { port: spec.ports[0] ?? 0 } : unlessEmpty("ports", [...spec.ports])),
    port_owner: spec.portOwner,
    ...(hasHealth && {
      health: {
        ...(spec.endpoint !== null && shownEndpoint(spec.endpoint, hiding)),
        interval: durationText(check.intervalMs),
        timeout: durationText(check.timeoutMs),
        start_period: durationText(check.startPeriodMs),
        start_timeout: durationText(check.startTimeoutMs),
        failure_threshold: check.failureThreshold,
        restart_on: check.restartOn,
        futile_after: check.futileAfter,
        stop_timeout: durationText(check.stopTimeoutMs),
      },
    }),
    ...unlessEmpty("depends_on", { ...spec.dependsOn }),
    restart: spec.restart,
    ...shownPlans(spec),
    success_codes: [...spec.successCodes],
    stop: {
      ...(stop.command !== null && { command: shownCommand(stop.command, hiding) }),
      signal: stop.signal,
      timeout: durationText(stop.timeoutMs),
    },
    log: {
      max_size: sizeText(log.maxBytes),
      keep: log.keep,
      ...(log.maxAgeMs !== null && { max_age: durationText(log.maxAgeMs) }),
      compress: log.compress,
    },
    backoff: {
      min: durationText(backoff.minMs),
      max: durationText(backoff.maxMs),
      stable_after: durationText(backoff.stableAfterMs),
    },
    loop: spec.loopWindows.map(({ restarts, withinMs }) => ({ restarts, within: durationText(withinMs) })),
  };
}

/** A line for the shell is written as it is: nothing is put into it. */
function shownCommand(command: CommandSpec, hiding: Hiding): Plain {
  return command.kind === "line" ? hiding.text(null, command.line) : hiding.words(command.words).map(escaped);
}

function envOf({ env, secretFiles }: ServiceSpec, hiding: Hiding): Record<string, Plain> {
  return Object.fromEntries([
    ...Object.entries(env).map(([name, value]) => [name, escaped(hiding.text(name, value))]),
    ...Object.entries(secretFiles).map(([name, path]) => [name, `(from ${path})`]),
  ]);
}

function shownEndpoint(endpoint: EndpointSpec, hiding: Hiding): Record<string, Plain> {
  if (endpoint.kind === "command") return { command: shownCommand(endpoint.command, hiding) };
  const { ca, verify } = endpoint.tls;
  const tls = { tls: { ...present({ ca: ca === null ? null : escaped(ca) }), verify } };
  if (endpoint.kind === "grpc") {
    const address = `${endpoint.url.replace(/^http/, "grpc")}/${encodeURIComponent(endpoint.service)}`;
    return { grpc: escaped(address), ...tls };
  }
  const headers = Object.entries(endpoint.headers).map(([name, value]) => [name, escaped(hiding.text(name, value))]);
  return {
    http: escaped(hiding.text(null, endpoint.url)),
    ...present({ socket: endpoint.socket === null ? null : escaped(endpoint.socket) }),
    method: endpoint.method,
    ...unlessEmpty("headers", Object.fromEntries(headers)),
    expect: endpoint.expect.map(({ from, to }) => (from === to ? from : `${from}-${to}`)),
    ...present({ body: endpoint.body === null ? null : escaped(endpoint.body) }),
    ...tls,
  };
}

function shownPlans({ schedule, follow }: ServiceSpec): Record<string, Plain> {
  return {
    ...(schedule !== null && { restart_at: { cron: schedule.cron, ...present({ timezone: schedule.timezone }) } }),
    ...(follow !== null && {
      restart_on_change: {
        paths: follow.paths.map(escaped),
        ...unlessEmpty("ignore", follow.ignore.map(escaped)),
        debounce: durationText(follow.debounceMs),
      },
    }),
  };
}

function present(values: Record<string, string | number | null>): Record<string, Plain> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
  );
}

function unlessEmpty(key: string, value: Plain[] | Record<string, Plain>): Record<string, Plain> {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

const DURATIONS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** A duration as afloat.yaml has it, in the largest unit that it is a whole number of: `90s`, `5m`. */
export function durationText(ms: number): string {
  const [unit, factor] = DURATIONS.find(([, each]) => ms >= each && ms % each === 0) ?? ["ms", 1];
  return ms === 0 ? "0s" : `${ms / factor}${unit}`;
}

/** A size as afloat.yaml has it: `10MB`, `1500B`. */
export function sizeText(bytes: number): string {
  const units = [
    ["GB", 1024 ** 3],
    ["MB", 1024 ** 2],
    ["KB", 1024],
  ] as const;
  const [unit, factor] = units.find(([, each]) => bytes >= each && bytes % each === 0) ?? ["B", 1];
  return `${bytes / factor}${unit}`;
}

const addressOf = ({ address, port }: MetricsSpec) => `${address.includes(":") ? `[${address}]` : address}:${port}`;

function shownProcess({ nice, umask, oomScoreAdj, limits }: ProcessSpec): Record<string, Plain> {
  const limit = ({ name, soft, hard }: LimitSpec): [string, Plain] => {
    // The time of a processor is written with its unit.
    const written = (value: LimitValue) => (name === "cpu" && typeof value === "number" ? `${value}s` : value);
    return [name, present({ soft: soft === null ? null : written(soft), hard: hard === null ? null : written(hard) })];
  };
  return {
    ...present({ nice, umask, oom_score_adj: oomScoreAdj }),
    ...unlessEmpty("limits", Object.fromEntries(limits.map(limit))),
  };
}
