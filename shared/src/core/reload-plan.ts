import type { HostSpec, ServiceSpec } from "../spec.ts";
import {
  HOST_SETTINGS,
  hostSettings,
  meaningOf,
  SERVICE_SETTINGS,
  type ServiceSetting,
  serviceSettings,
} from "./reload-settings.ts";
import { same } from "./same.ts";

/** What a reload does to one service. */
export type ReloadStep =
  | { kind: "stop"; service: string }
  | { kind: "start"; service: string; spec: ServiceSpec }
  /** `restart`: what runs was started with settings that are no more. `change`: it runs on, and the agent goes by the new ones. */
  | { kind: "restart" | "change"; service: string; settings: ServiceSetting[]; spec: ServiceSpec }
  /** Nothing but its place in the file changed: nobody is told. */
  | { kind: "move"; service: string; spec: ServiceSpec };

/** The way from the specification in force to another one. */
export interface ReloadPlan {
  /** Each service at most once; those that stop first, the rest in the order of the new file. */
  steps: ReloadStep[];
  /** Settings of the host that change. Values that only a new agent goes by stay as they are until there is one. */
  host: Partial<HostSpec>;
  /** The services' names, in the order of the new file. */
  order: string[];
}

/** What has to be done so that the host is as `next` says, where it is as `now` says, and nothing beside that. */
export function planReload(now: HostSpec, next: HostSpec): ReloadPlan {
  const known = new Map(now.services.map((spec) => [spec.name, spec]));
  const order = next.services.map(({ name }) => name);
  const stops = now.services.filter(({ name }) => !order.includes(name));
  return {
    steps: [
      ...stops.map(({ name }) => ({ kind: "stop" as const, service: name })),
      ...next.services.flatMap((spec) => stepOf(known.get(spec.name), spec) ?? []),
    ],
    host: Object.fromEntries(
      hostSettings.filter((name) => !same(now[name] ?? null, next[name] ?? null)).map((name) => [name, next[name]]),
    ),
    order,
  };
}

/** The specification in force once the plan is carried out. */
export function afterReload(now: HostSpec, { steps, host, order }: ReloadPlan): HostSpec {
  const services = new Map(now.services.map((spec) => [spec.name, spec]));
  for (const step of steps) if (step.kind !== "stop") services.set(step.service, step.spec);
  const staying = changedOfHost({ host }).filter((name) => HOST_SETTINGS[name].takes === "new-start");
  return {
    ...now,
    ...host,
    ...Object.fromEntries(staying.map((name) => [name, now[name]])),
    services: order.flatMap((name) => services.get(name) ?? []),
  };
}

/** Which settings of the host change, beside where it was read from. */
export function changedOfHost({ host }: Pick<ReloadPlan, "host">) {
  return hostSettings.filter((name) => name in host && HOST_SETTINGS[name].takes !== "nothing");
}

/** Which variables of a service's environment come, go and change: their names, since values may be secrets. */
export function changedEnv(
  now: ServiceSpec["env"],
  next: ServiceSpec["env"],
): { added: string[]; changed: string[]; removed: string[] } {
  return {
    added: Object.keys(next).filter((name) => !Object.hasOwn(now, name)),
    changed: Object.keys(next).filter((name) => Object.hasOwn(now, name) && !same(now[name], next[name])),
    removed: Object.keys(now).filter((name) => !Object.hasOwn(next, name)),
  };
}

function stepOf(now: ServiceSpec | undefined, next: ServiceSpec): ReloadStep | null {
  const service = next.name;
  if (now === undefined) return { kind: "start", service, spec: next };
  const settings = serviceSettings.filter(
    (name) => SERVICE_SETTINGS[name].takes !== "nothing" && !same(meaningOf(now, name), meaningOf(next, name)),
  );
  if (settings.length === 0) return same(now, next) ? null : { kind: "move", service, spec: next };
  const anew = settings.some((name) => SERVICE_SETTINGS[name].takes === "restart");
  return { kind: anew ? "restart" : "change", service, settings, spec: next };
}
