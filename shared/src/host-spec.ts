import type { AfloatYaml, ServiceYaml } from "./config.ts";
import { processOf } from "./config/process.ts";
import type { Instance } from "./config/instances.ts";
import { instanceVariables } from "./config/resolve.ts";
import { parseDuration } from "./core/duration.ts";
import { parseSize } from "./core/size.ts";
import type {
  CheckSpec,
  CommandSpec,
  EndpointSpec,
  FollowSpec,
  HostSpec,
  LogSpec,
  MetricsSpec,
  ScheduleSpec,
  ServiceSpec,
} from "./spec.ts";

/** Where a value stands in the file, like `afloat.yaml:14`. */
export type WhereOf = (path: string[]) => string;

/** What the parsed form takes from around the text of a file. */
export interface FilePlace {
  absolute: (path: string) => string;
  whereOf: WhereOf;
  /** What a service's env_file says, and what its lines for the shell take of the file's own. */
  fileEnv?: (service: string) => Record<string, string>;
  instances?: ReadonlyMap<string, Instance>;
}

/** The parsed form of a file that fits the schema: every default filled in, every path absolute. */
export function toHostSpec(raw: AfloatYaml, place: FilePlace): HostSpec {
  return {
    cloud: raw.cloud ?? null,
    cloudCa: raw.cloud_ca === undefined ? null : place.absolute(raw.cloud_ca),
    remote: raw.remote === "off" ? [] : (raw.remote ?? ["restart"]),
    metrics: metricsOf(raw.metrics),
    offlineAfterMs: ms(raw.offline_after, "90s"),
    sleeps: raw.sleeps ?? false,
    profiles: [],
    services: Object.entries(raw.services).map(([name, service]) =>
      toServiceSpec(name, typeof service === "string" ? { command: service } : service, place),
    ),
  };
}

/** Whoever wants the numbers to be read from elsewhere writes the address. */
function metricsOf(metrics: AfloatYaml["metrics"]): MetricsSpec | null {
  if (metrics === undefined) return null;
  if (typeof metrics === "number") return { address: "127.0.0.1", port: metrics };
  const at = metrics.lastIndexOf(":");
  const address = metrics.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  return { address: address === "" ? "127.0.0.1" : address, port: Number(metrics.slice(at + 1)) };
}

function toServiceSpec(name: string, yaml: ServiceYaml, place: FilePlace): ServiceSpec {
  const ports = yaml.ports ?? (typeof yaml.port === "number" ? [yaml.port] : []);
  const instance = place.instances?.get(name) ?? null;
  return {
    name,
    instance: instance === null ? null : { of: instance.of, number: instance.number },
    groups: yaml.groups ?? [],
    profiles: yaml.profiles ?? [],
    command: commandOf(yaml.command),
    forks: yaml.forks ?? false,
    user: yaml.user ?? null,
    group: yaml.group ?? null,
    process: processOf(yaml),
    cwd: place.absolute(yaml.cwd ?? "."),
    ...envOf(yaml.env ?? {}, place.fileEnv?.(name) ?? {}, instance, place.absolute),
    ports,
    portOwner: yaml.port_owner ?? "own",
    endpoint: endpointOf(name, yaml.health, ports[0], place),
    check: checkOf(yaml),
    dependsOn: Array.isArray(yaml.depends_on)
      ? Object.fromEntries(yaml.depends_on.map((needed) => [needed, "started" as const]))
      : (yaml.depends_on ?? {}),
    restart: yaml.restart ?? "always",
    schedule: scheduleOf(yaml.restart_at),
    follow: followOf(yaml.restart_on_change, place.absolute),
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
    wheres: wheresOf(name, yaml, place.whereOf),
  };
}

/** What is written wins over what its files say, and what an instance is over both. */
function envOf(
  written: NonNullable<ServiceYaml["env"]>,
  fromFiles: Record<string, string>,
  instance: Instance | null,
  absolute: FilePlace["absolute"],
): Pick<ServiceSpec, "env" | "secretFiles"> {
  const env = new Map(Object.entries(fromFiles));
  const secretFiles: [string, string][] = [];
  for (const [key, value] of Object.entries(written)) {
    if (typeof value !== "object") env.set(key, String(value));
    else {
      env.delete(key);
      secretFiles.push([key, absolute(value.file)]);
    }
  }
  for (const [key, value] of instance === null ? [] : Object.entries(instanceVariables(instance))) env.set(key, value);
  return { env: Object.fromEntries(env), secretFiles: Object.fromEntries(secretFiles) };
}

function scheduleOf(times: ServiceYaml["restart_at"]): ScheduleSpec | null {
  if (times === undefined) return null;
  return typeof times === "string"
    ? { cron: times, timezone: null }
    : { cron: times.cron, timezone: times.timezone ?? null };
}

function followOf(files: ServiceYaml["restart_on_change"], absolute: (path: string) => string): FollowSpec | null {
  if (files === undefined) return null;
  const settings = typeof files === "string" || Array.isArray(files) ? { paths: files } : files;
  return {
    paths: [settings.paths].flat().map(absolute),
    ignore: settings.ignore ?? [],
    debounceMs: ms(settings.debounce, "500ms"),
  };
}

function wheresOf(name: string, yaml: ServiceYaml, whereOf: WhereOf): Record<string, string> {
  const health = typeof yaml.health === "object" ? Object.keys(yaml.health).map((key) => ["health", key]) : [];
  const written = [...Object.keys(yaml).map((key) => [key]), ...health];
  return Object.fromEntries(written.map((keys) => [keys.join("."), whereOf(["services", name, ...keys])]));
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

function endpointOf(
  name: string,
  health: ServiceYaml["health"],
  port: number | undefined,
  place: FilePlace,
): EndpointSpec | null {
  const settings = typeof health === "object" ? health : { http: health };
  const written = (word: "http" | "grpc" | "command", value: string) => ({
    where: place.whereOf(["services", name, "health", ...(typeof health === "object" ? [word] : [])]),
    written: `${typeof health === "object" ? word : "health"}: ${value}`,
  });
  const absolute = (path: string | undefined) => (path === undefined ? null : place.absolute(path));
  const tls = { ca: absolute(settings.tls?.ca), verify: settings.tls?.verify ?? true };
  if (settings.command !== undefined) {
    const command = commandOf(settings.command);
    const words = command.kind === "line" ? command.line : command.words.join(" ");
    return { kind: "command", command, ...written("command", words) };
  }
  if (settings.grpc !== undefined) {
    const address = settings.grpc.startsWith("/")
      ? `grpc://localhost:${port ?? 50_051}${settings.grpc}`
      : settings.grpc;
    const url = new URL(address.replace(/^grpc/, "http"));
    const service = decodeURIComponent(url.pathname.slice(1));
    return { kind: "grpc", url: url.origin, service, tls, ...written("grpc", settings.grpc) };
  }
  if (settings.http === undefined) return null;
  const url = settings.http.startsWith("/") ? `http://localhost:${port ?? 80}${settings.http}` : settings.http;
  return {
    kind: "http",
    method: settings.method ?? "GET",
    url: new URL(url).href,
    socket: absolute(settings.socket),
    headers: settings.headers ?? {},
    expect: [settings.expect ?? "200-299"].flat().map(rangeOf),
    body: settings.body ?? null,
    tls,
    ...written("http", settings.http),
  };
}

function rangeOf(statuses: number | string): { from: number; to: number } {
  const [from, to] = String(statuses).split("-");
  return { from: Number(from), to: Number(to ?? from) };
}

/** Kubernetes' pace and thresholds (10 s, 3), with a deadline of 2 s and a start period that is never a restart's cause. */
function checkOf({ health, stop }: ServiceYaml): CheckSpec {
  const settings = typeof health === "object" ? health : {};
  return {
    intervalMs: ms(settings.interval, "10s"),
    timeoutMs: ms(settings.timeout, "2s"),
    startPeriodMs: ms(settings.start_period, "10s"),
    startTimeoutMs: ms(settings.start_timeout, "5m"),
    failureThreshold: settings.failure_threshold ?? 3,
    restartOn: settings.restart_on ?? "closed",
    futileAfter: settings.futile_after ?? 3,
    stopTimeoutMs: ms(settings.stop_timeout ?? stop?.timeout, "10s"),
  };
}

/** The schema has already refused what is no duration. */
const ms = (text: string | undefined, otherwise: string) => parseDuration(text ?? otherwise) ?? 0;
