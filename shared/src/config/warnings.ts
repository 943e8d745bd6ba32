import { durationWords } from "../core/duration.ts";
import type { EndpointSpec, HostSpec, ServiceSpec } from "../spec.ts";
import type { LineNames } from "./resolve.ts";

/** What is legal, but surely not meant. It stops nothing. */
export interface Warning {
  /** Like `afloat.yaml:14`. */
  where: string;
  /** Null where it is of a file and no service's. */
  service: string | null;
  text: string;
}

/** What only the host itself can tell. */
export interface Surroundings {
  hasFolder: (path: string) => boolean;
  /** The program that a service is started by, where it cannot be found; null where it can, or where only a shell can tell. */
  missingProgram: (service: ServiceSpec) => string | null;
  /** `open`: everybody may read it. */
  secretFile: (path: string) => "safe" | "open" | "missing";
  /** In the environment that the services will have from the agent. */
  isSet: (name: string) => boolean;
}

/** In the order of the services. */
export function warningsOf(
  { services }: Pick<HostSpec, "services">,
  lines: readonly LineNames[],
  around: Surroundings,
): Warning[] {
  return services.flatMap((spec) => [
    ...portWarnings(spec, services),
    ...endpointWarnings(spec, services),
    ...paceWarnings(spec),
    ...processWarnings(spec, around),
    ...envWarnings(spec, around),
    ...lineWarnings(spec, lines, around),
  ]);
}

/** A warning at the first of these keys that is written. */
function warning(spec: ServiceSpec, keys: readonly string[], text: string): Warning {
  const key = keys.find((each) => spec.wheres?.[each] !== undefined);
  return {
    where: (key === undefined ? null : spec.wheres?.[key]) ?? spec.where,
    service: spec.instance?.of ?? spec.name,
    text,
  };
}

const isWritten = (spec: ServiceSpec, key: string) => spec.wheres?.[key] !== undefined;

function portWarnings(spec: ServiceSpec, services: readonly ServiceSpec[]): Warning[] {
  const before = services.slice(0, services.indexOf(spec));
  return spec.ports.flatMap((port) => {
    const other = before.find((each) => each.ports.includes(port));
    if (other === undefined || spec.portOwner === "any" || other.portOwner === "any") return [];
    return [
      warning(spec, ["ports", "port"], `port ${port} is also ${other.name}'s; only one of them can listen there`),
    ];
  });
}

function endpointWarnings(spec: ServiceSpec, services: readonly ServiceSpec[]): Warning[] {
  const { endpoint } = spec;
  if (endpoint === null) return withoutEndpoint(spec);
  const found: Warning[] = [];
  const say = (keys: string[], text: string) => found.push(warning(spec, keys, text));
  const port = localPortOf(endpoint);
  if (port !== null && !spec.ports.includes(port)) {
    const its = spec.ports.length === 0 ? "no port is configured" : `its port is ${spec.ports.join(", ")}`;
    const owner = services.find((each) => each !== spec && each.ports.includes(port));
    const whose = owner === undefined ? "" : `, which is ${owner.name}'s`;
    say(
      ["health.http", "health.grpc", "health"],
      `health is asked on port ${port}${whose}, but ${its}; an open port is what keeps a service alive: write port: …`,
    );
  }
  const { failureThreshold } = spec.check;
  const answers = `${failureThreshold} wrong answer${failureThreshold === 1 ? "" : "s"}`;
  if (spec.restart === "never") say(["restart"], "restart: never, so its health is shown, and restarts nothing");
  if (spec.check.restartOn === "failing")
    say(["health.restart_on"], `restart_on: failing lets ${answers} kill a service whose port is open`);
  return found;
}

function withoutEndpoint(spec: ServiceSpec): Warning[] {
  if (isWritten(spec, "health.restart_on") && spec.check.restartOn !== "closed")
    return [
      warning(
        spec,
        ["health.restart_on"],
        `restart_on: ${spec.check.restartOn} needs an endpoint: write http: /health`,
      ),
    ];
  if (isWritten(spec, "health") && spec.ports.length === 0)
    return [
      warning(spec, ["health"], "health has neither an endpoint nor a port to ask: write http: /health or port: …"),
    ];
  return [];
}

/** The port on this host that is called, or null. */
function localPortOf(endpoint: EndpointSpec): number | null {
  if (endpoint.kind === "command" || (endpoint.kind === "http" && endpoint.socket !== null)) return null;
  const { hostname, port, protocol } = new URL(endpoint.url);
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return null;
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

function paceWarnings(spec: ServiceSpec): Warning[] {
  const { check, backoff } = spec;
  const found: Warning[] = [];
  const say = (keys: string[], text: string) => found.push(warning(spec, keys, text));
  const isAsked = spec.endpoint !== null || spec.ports.length > 0;
  if (isAsked && check.timeoutMs >= check.intervalMs) {
    const [timeout, interval] = [durationWords(check.timeoutMs), durationWords(check.intervalMs)];
    say(["health.timeout", "health.interval"], `timeout (${timeout}) is not shorter than interval (${interval})`);
  }
  if (isAsked && check.intervalMs < 500)
    say(["health.interval"], `interval of ${durationWords(check.intervalMs)}: it is asked without a pause`);
  if (isWritten(spec, "health.start_period") && check.startPeriodMs === 0)
    say(["health.start_period"], "start_period of 0 s: failures count while it is still starting");
  if (backoff.minMs > backoff.maxMs) say(["backoff"], "backoff.min is longer than backoff.max");
  return found;
}

function processWarnings(spec: ServiceSpec, around: Surroundings): Warning[] {
  const found: Warning[] = [];
  if (!around.hasFolder(spec.cwd)) found.push(warning(spec, ["cwd"], `cwd: there is no folder ${spec.cwd}`));
  const missing = around.missingProgram(spec);
  if (missing !== null) found.push(warning(spec, ["command"], `command: there is no program ${missing}`));
  return found;
}

function envWarnings(spec: ServiceSpec, around: Surroundings): Warning[] {
  const env = Object.entries(spec.env).flatMap(([name, value]) => {
    const [, like] = /^\$(\w+)$/.exec(value) ?? [];
    if (like === undefined) return [];
    return [
      warning(spec, ["env", "env_file"], `env: ${name} is "$${like}" as it stands; for its value write \${${like}}`),
    ];
  });
  const secrets = Object.entries(spec.secretFiles).flatMap(([name, path]) => {
    const state = around.secretFile(path);
    if (state === "safe") return [];
    const text =
      state === "open"
        ? `everybody can read ${path}: chmod 600, or 640 with a group`
        : `${path} is not there now: it cannot be started without it`;
    return [warning(spec, ["env"], `env: ${name}: ${text}`)];
  });
  return [...env, ...secrets];
}

/** The shell takes for empty what is not set, and says nothing. */
function lineWarnings(spec: ServiceSpec, lines: readonly LineNames[], around: Surroundings): Warning[] {
  const own = lines.filter(({ service }) => service === spec.name);
  return own.flatMap(({ path, names, line }) =>
    names
      .filter(({ name, hasDefault }) => !hasDefault && !isKnown(name, line, spec, around))
      .map(({ name }) => {
        const key = path.slice(2).join(".");
        return warning(
          spec,
          [key, "command"],
          `\${${name}} in its ${key || "command"} is not set; the shell takes it for empty`,
        );
      }),
  );
}

function isKnown(name: string, line: string, { env, secretFiles }: ServiceSpec, around: Surroundings): boolean {
  if (Object.hasOwn(env, name) || Object.hasOwn(secretFiles, name) || around.isSet(name)) return true;
  // Set by the line itself.
  return new RegExp(String.raw`\b${name}=|\b(for|read|export)\b[^;]*\b${name}\b`).test(line);
}
