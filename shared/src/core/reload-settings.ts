import type { HostSpec, ServiceSpec } from "../spec.ts";

/**
 * What becomes of a service that runs when one of its settings changes: it is started anew, since a process keeps what it was
 * started with; it runs on and the agent goes by the new value; or nothing, since it is only where something stands in the file.
 */
export type Takes = "restart" | "in-place" | "nothing";

/**
 * A line for each setting of a specification, with what it is called in afloat.yaml. One that may be absent, since an older
 * afloat did not write it, is marked so. The compiler asks for a line when the specification gets a new setting.
 */
type Settings<Spec, Beside extends keyof Spec, T> = {
  [Name in Exclude<keyof Spec, Beside>]-?: { word: string; takes: T } & (object extends Pick<Spec, Name>
    ? { optional: true }
    : { optional?: never });
};

/** Every setting of a service. */
export const SERVICE_SETTINGS: Settings<ServiceSpec, "name", Takes> = {
  command: { word: "command", takes: "restart" },
  forks: { word: "forks", takes: "restart" },
  user: { word: "user", takes: "restart" },
  group: { word: "group", takes: "restart" },
  process: { word: "nice, umask, limits, oom_score_adj", takes: "restart" },
  cwd: { word: "cwd", takes: "restart" },
  env: { word: "env", takes: "restart" },
  secretFiles: { word: "env", takes: "restart" },
  instance: { word: "instances", takes: "in-place" },
  groups: { word: "groups", takes: "in-place" },
  profiles: { word: "profiles", takes: "nothing" },
  ports: { word: "port", takes: "in-place" },
  portOwner: { word: "port_owner", takes: "in-place" },
  endpoint: { word: "health", takes: "in-place" },
  check: { word: "health", takes: "in-place" },
  dependsOn: { word: "depends_on", takes: "in-place" },
  restart: { word: "restart", takes: "in-place" },
  schedule: { word: "restart_at", takes: "in-place" },
  follow: { word: "restart_on_change", takes: "in-place" },
  successCodes: { word: "success_codes", takes: "in-place" },
  stop: { word: "stop", takes: "in-place" },
  log: { word: "log", takes: "in-place" },
  backoff: { word: "backoff", takes: "in-place" },
  loopWindows: { word: "loop", takes: "in-place" },
  where: { word: "where", takes: "nothing" },
  wheres: { word: "where", takes: "nothing", optional: true },
};

/** Every setting of the host beside its services; `new-start`: only a new agent goes by it. */
export const HOST_SETTINGS: Settings<HostSpec, "services", "in-place" | "new-start" | "nothing"> = {
  cloud: { word: "cloud", takes: "in-place" },
  cloudCa: { word: "cloud_ca", takes: "in-place", optional: true },
  remote: { word: "remote", takes: "in-place" },
  metrics: { word: "metrics", takes: "new-start", optional: true },
  offlineAfterMs: { word: "offline_after", takes: "in-place", optional: true },
  sleeps: { word: "sleeps", takes: "in-place", optional: true },
  profiles: { word: "profiles", takes: "nothing" },
  sources: { word: "sources", takes: "nothing", optional: true },
};

export type ServiceSetting = keyof typeof SERVICE_SETTINGS;
export type HostSetting = keyof typeof HOST_SETTINGS;

/** Their names, in the order in which they are told. */
export const serviceSettings = namesOf(SERVICE_SETTINGS);
export const hostSettings = namesOf(HOST_SETTINGS);

/** A setting's value as far as it says how the service is to be, without where it stands in the file. */
export function meaningOf(spec: ServiceSpec, setting: ServiceSetting): unknown {
  const { endpoint, check, stop } = spec;
  switch (setting) {
    case "endpoint":
      return endpoint === null ? null : { ...endpoint, where: "", written: "" };
    // How long a stop for health may take is, unless it is said, how long any stop may.
    case "check":
      return { ...check, stopTimeoutMs: 0 };
    case "stop":
      return { ...stop, forHealthMs: check.stopTimeoutMs };
    default:
      return spec[setting];
  }
}

function namesOf<T extends object>(table: T): (keyof T)[] {
  const names: (keyof T)[] = [];
  for (const name in table) names.push(name);
  return names;
}
