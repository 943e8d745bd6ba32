import type { Unmet } from "@afloat/shared/core/lifecycle-types";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { ServiceSpec } from "@afloat/shared/spec";

/** What a service needs and is not there, each with its reason. */
export function unmetOf(
  { dependsOn }: Pick<ServiceSpec, "dependsOn">,
  snapshotOf: (service: string) => ServiceSnapshot | undefined,
): Unmet[] {
  return Object.entries(dependsOn).flatMap(([service, condition]) => {
    const needed = snapshotOf(service);
    const why = needed === undefined ? "is not configured" : unmetWords(needed, condition);
    return why === null ? [] : [{ service, condition, why }];
  });
}

/** Why a dependency is not there yet, or null where it is. A degraded one counts as healthy: else a wrong endpoint would strand it. */
function unmetWords(needed: ServiceSnapshot, condition: Unmet["condition"]): string | null {
  const met = {
    started: needed.state === "up" || needed.state === "completed",
    listening: needed.verdict === "healthy" || (needed.verdict === "degraded" && needed.reasonCode !== "unproven-port"),
    healthy: needed.verdict === "healthy" || needed.verdict === "degraded",
    completed: needed.verdict === "completed",
  }[condition];
  return met ? null : `is ${needed.verdict} (${needed.reason})`.slice(0, 200);
}
