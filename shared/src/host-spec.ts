import type { AfloatYaml, ServiceYaml } from "./config.ts";
import { parseDuration } from "./core/duration.ts";
import { parseSize } from "./core/size.ts";
import type { CheckSpec, CommandSpec, EndpointSpec, HostSpec, LogSpec, ServiceSpec } from "./spec.ts";

/** Where a value stands in the file, like `afloat.yaml:14`. */
export type WhereOf = (path: string[]) => string;

/** The parsed form of a file that fits the schema: every default filled in, every path absolute. */
export function toHostSpec(raw: AfloatYaml, place: { absolute: (path: string) => string; whereOf: WhereOf }): HostSpec {
  return {
    cloud: raw.cloud ?? null,
    remote: raw.remote === "off" ? [] : (raw.remote ?? ["restart"]),
    services: Object.entries(raw.services).map(([name, service]) =>
      toServiceSpec(name, typeof service === "string" ? { command: service } : service, place),
    ),
  };
}

/** What is wrong between services that each fit the schema: unknown dependencies, and cycles with the cycle shown. */
export function dependencyFaults(spec: HostSpec): { service: string; fault: string }[] {
  const known = new Map(spec.services.map((service) => [service.name, service]));
  const faults: { service: string; fault: string }[] = [];
  for (const service of spec.services) {
    for (const needed of Object.keys(service.dependsOn)) {
      if (!known.has(needed))
        faults.push({ service: service.name, fault: `depends on ${needed}, which is not a service of this file` });
    }
    const cycle = cycleFrom(service.name, known, [service.name]);
    if (cycle !== null && cycle[0] === [...cycle].sort()[0]) {
      faults.push({ service: service.name, fault: `depends on itself: ${[...cycle, cycle[0]].join(" → ")}` });
    }
  }
  return faults;
}

function cycleFrom(start: string, known: Map<string, ServiceSpec>, path: string[]): string[] | null {
  for (const needed of Object.keys(known.get(path.at(-1) ?? "")?.dependsOn ?? {})) {
    if (needed === start) return path;
    if (path.includes(needed)) continue;
    const cycle = cycleFrom(start, known, [...path, needed]);
    if (cycle !== null) return cycle;
  }
  return null;
}

function toServiceSpec(
  name: string,
  yaml: ServiceYaml,
  place: { absolute: (path: string) => string; whereOf: WhereOf },
): ServiceSpec {
  const ports = yaml.ports ?? (yaml.port === undefined ? [] : [yaml.port]);
  return {
    name,
    command: commandOf(yaml.command),
    forks: yaml.forks ?? false,
    user: yaml.user ?? null,
    group: yaml.group ?? null,
    cwd: place.absolute(yaml.cwd ?? "."),
    env: Object.fromEntries(Object.entries(yaml.env ?? {}).map(([key, value]) => [key, String(value)])),
    ports,
    portOwner: yaml.port_owner ?? "own",
    endpoint: endpointOf(yaml.health, ports[0], place.whereOf(["services", name, "health"])),
    check: checkOf(yaml.health),
    dependsOn: Array.isArray(yaml.depends_on)
      ? Object.fromEntries(yaml.depends_on.map((needed) => [needed, "started" as const]))
      : (yaml.depends_on ?? {}),
    restart: yaml.restart ?? "always",
    successCodes: yaml.success_codes ?? [0],
    stop: {
      command: yaml.stop?.command === undefined ? null : commandOf(yaml.stop.command),
      signal: yaml.stop?.signal ?? "SIGTERM",
      timeoutMs: ms(yaml.stop?.timeout, "10s"),
    },
    log: logOf(yaml.log),
    backoff: {
      minMs: ms(yaml.backoff?.min, "1s"),
      maxMs: ms(yaml.backoff?.max, "5m"),
      stableAfterMs: ms(yaml.backoff?.stable_after, "60s"),
    },
    loopWindows: (yaml.loop ?? DEFAULT_LOOP).map(({ restarts, within }) => ({
      restarts,
      withinMs: ms(within, within),
    })),
    where: place.whereOf(["services", name]),
  };
}

function commandOf(command: ServiceYaml["command"]): CommandSpec {
  return typeof command === "string" ? { kind: "line", line: command } : { kind: "words", words: command };
}

/** As much of each service's output as helps to understand an incident of last week, and never a full disk. */
function logOf(log: ServiceYaml["log"]): LogSpec {
  return {
    maxBytes: parseSize(log?.max_size ?? "10MB") ?? 0,
    keep: log?.keep ?? 10,
    maxAgeMs: log?.max_age === undefined ? null : ms(log.max_age, log.max_age),
    compress: log?.compress ?? true,
  };
}

const DEFAULT_LOOP = [
  { restarts: 4, within: "5m" },
  { restarts: 8, within: "1h" },
  { restarts: 20, within: "24h" },
];

function endpointOf(health: ServiceYaml["health"], port: number | undefined, where: string): EndpointSpec | null {
  const settings = typeof health === "object" ? health : {};
  const target = typeof health === "string" ? health : settings.http;
  if (target === undefined) return null;
  const url = target.startsWith("/") ? `http://localhost:${port ?? 80}${target}` : target;
  const statuses = settings.expect === undefined ? [] : [settings.expect].flat();
  return {
    method: settings.method ?? "GET",
    url: new URL(url).href,
    expect: statuses.length === 0 ? [{ from: 200, to: 299 }] : statuses.map((status) => ({ from: status, to: status })),
    where,
    written: `health: ${target}`,
  };
}

/** Kubernetes' pace and thresholds (10 s, 3), with a deadline of 2 s and a start period that is never a restart's cause. */
function checkOf(health: ServiceYaml["health"]): CheckSpec {
  const settings = typeof health === "object" ? health : {};
  return {
    intervalMs: ms(settings.interval, "10s"),
    timeoutMs: ms(settings.timeout, "2s"),
    startPeriodMs: ms(settings.start_period, "10s"),
    startTimeoutMs: ms(settings.start_timeout, "5m"),
    failureThreshold: settings.failure_threshold ?? 3,
    restartOn: settings.restart_on ?? "closed",
    futileAfter: settings.futile_after ?? 3,
  };
}

/** The schema has already refused what is no duration. */
const ms = (text: string | undefined, otherwise: string) => parseDuration(text ?? otherwise) ?? 0;
