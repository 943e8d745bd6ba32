import type { MeasuredService } from "../../../control/protocol.ts";
import type { Sort } from "./top-types.ts";

/** The services that pass the filter, in order. What is not known comes last; of two that are alike, by name. */
export function ordered(services: readonly MeasuredService[], sort: Sort, filter: string): MeasuredService[] {
  const wanted = filter.trim().toLowerCase();
  return services
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .toSorted((a, b) => weightOf(b, sort) - weightOf(a, sort) || (a.name < b.name ? -1 : 1));
}

/** Of its last answers the 95th percentile, milliseconds; null where there is none. */
export function latencyOf({ endpoint }: MeasuredService): number | null {
  return endpoint?.latency?.p95Ms ?? null;
}

function weightOf(service: MeasuredService, sort: Sort): number {
  switch (sort) {
    case "cpu":
      return service.measures?.cpu ?? -1;
    case "memory":
      return service.measures?.memoryBytes ?? -1;
    case "restarts":
      return service.restarts;
    case "latency":
      return latencyOf(service) ?? -1;
    case "name":
      return 0;
  }
}
