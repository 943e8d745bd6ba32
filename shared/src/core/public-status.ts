import type { PublicStatus, ReasonCode, ServiceSnapshot } from "../domain.ts";

/** What of a service decides what the public is told. */
export type Told = Pick<ServiceSnapshot, "verdict" | "reasonCode" | "loop">;

/**
 * The word for the public. An unproven check is the operator's problem, so it stays *operational*; starting and waiting keep
 * `before`, the word that stood; where there is none yet, nothing is known, which is never green.
 */
export function publicStatus(service: Told, before: PublicStatus | null): PublicStatus {
  if (service.loop !== null && service.loop.closedMs === null && service.verdict !== "paused") return "outage";
  switch (service.verdict) {
    case "healthy":
    case "completed":
      return "operational";
    case "degraded":
      return PUBLIC_TROUBLE.includes(service.reasonCode) ? "degraded_performance" : "operational";
    case "paused":
      return "maintenance";
    case "unhealthy":
      return "outage";
    case "down":
      // Stopped by a person together with its agent: as planned as a pause.
      return service.reasonCode === "shut-down" ? "maintenance" : "outage";
    case "starting":
    case "waiting":
      return before ?? "unknown";
  }
}

/** Degraded by something that users may notice; all else is the operator's to mend. */
const PUBLIC_TROUBLE: readonly ReasonCode[] = ["regressed-endpoint", "dependency-failing"];

/** Worst first. What is unknown is worse than what is planned, and never hidden behind green. */
const WORST_FIRST: readonly PublicStatus[] = [
  "outage",
  "degraded_performance",
  "unknown",
  "maintenance",
  "operational",
];

/** The worst of several; of none it is `unknown`. */
export function worstOf(statuses: readonly PublicStatus[]): PublicStatus {
  return WORST_FIRST.find((status) => statuses.includes(status)) ?? "unknown";
}
