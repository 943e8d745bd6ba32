import type { AfloatYaml, ServiceYaml } from "../config.ts";
import { limitFault } from "./process.ts";
import type { HostSpec, ServiceSpec } from "../spec.ts";

/** What is wrong with a service, and by which of its keys. */
export interface ServiceFault {
  service: string;
  key: string;
  fault: string;
}

/** Mistakes in services whose values each fit the schema. */
export function serviceFaults(raw: AfloatYaml): ServiceFault[] {
  return Object.entries(raw.services).flatMap(([service, yaml]) => {
    if (typeof yaml === "string") return [];
    const faults: ServiceFault[] = [];
    const health = endpointFault(yaml.health);
    if (health !== null) faults.push({ service, key: "health", fault: health });
    const limit = limitFault(yaml);
    if (limit !== null) faults.push({ service, key: "limits", fault: limit });
    if (typeof yaml.port === "string") {
      const fault =
        "has a range of ports, which needs instances: 3, or so many, beside it; several ports of one are ports: [ … ]";
      faults.push({ service, key: "port", fault });
    }
    return faults;
  });
}

/** What cannot be meant: two endpoints at once, or settings of another kind of endpoint. Words for the first, or null. */
function endpointFault(health: ServiceYaml["health"]): string | null {
  if (typeof health !== "object") return null;
  const kinds = (["http", "grpc", "command"] as const).filter((kind) => health[kind] !== undefined);
  if (kinds.length > 1) return `has ${kinds.join(" and ")}; one endpoint is called, so write one of them`;
  const settings = (["socket", "method", "headers", "expect", "body"] as const).filter(
    (key) => health[key] !== undefined,
  );
  if (settings.length > 0 && health.http === undefined)
    return `has ${settings.join(", ")}, which needs http: /health beside it`;
  if (health.tls !== undefined && health.http === undefined && health.grpc === undefined)
    return "has tls, which needs http or grpc beside it";
  if (health.method === "HEAD" && health.body !== undefined) return "has body, but an answer to HEAD has none";
  return null;
}

/** A dependency on a service with instances is one on each of them. */
export function withInstances(services: readonly ServiceSpec[]): ServiceSpec[] {
  const names = new Set(services.map(({ name }) => name));
  const made = (of: string) => services.filter(({ instance }) => instance?.of === of);
  return services.map((service) => ({
    ...service,
    dependsOn: Object.fromEntries(
      Object.entries(service.dependsOn).flatMap(([needed, condition]) => {
        const instances = names.has(needed) ? [] : made(needed);
        return instances.length === 0
          ? [[needed, condition] as const]
          : instances.map(({ name }) => [name, condition] as const);
      }),
    ),
  }));
}

/**
 * What is wrong between services that each fit the schema: unknown dependencies, and cycles with the cycle shown. `absent` are those
 * that belong to profiles which are not asked for.
 */
export function dependencyFaults(
  spec: Pick<HostSpec, "services">,
  absent: ReadonlyMap<string, readonly string[]> = new Map(),
): { service: string; fault: string }[] {
  const known = new Map(spec.services.map((service) => [service.name, service]));
  const faults: { service: string; fault: string }[] = [];
  for (const service of spec.services) {
    for (const needed of Object.keys(service.dependsOn)) {
      const profiles = absent.get(needed);
      if (profiles !== undefined)
        faults.push({
          service: service.name,
          fault: `depends on ${needed}, which is there with --profile ${profiles.join(" or --profile ")} only`,
        });
      else if (!known.has(needed))
        faults.push({ service: service.name, fault: `depends on ${needed}, which is not a service of this file` });
    }
    const cycle = cycleFrom(service.name, known);
    if (cycle !== null && cycle[0] === [...cycle].sort()[0]) {
      faults.push({ service: service.name, fault: `depends on itself: ${[...cycle, cycle[0]].join(" → ")}` });
    }
  }
  return faults;
}

/** The shortest way from a service back to itself, or null. Each service is looked at once: many dependencies are no long wait. */
function cycleFrom(start: string, known: ReadonlyMap<string, ServiceSpec>): string[] | null {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    for (const needed of Object.keys(known.get(name)?.dependsOn ?? {})) {
      if (needed === start) return wayTo(name, cameFrom);
      if (cameFrom.has(needed)) continue;
      cameFrom.set(needed, name);
      queue.push(needed);
    }
  }
  return null;
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let before = cameFrom.get(end); before !== undefined; before = cameFrom.get(before)) way.unshift(before);
  return way;
}
