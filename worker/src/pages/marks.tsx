import type { IncidentKind, PublicStatus, ServiceSnapshot } from "@afloat/shared/domain";
import type { HostView } from "../live.ts";

/** A state as colour, shape and word: none of them alone. */
export interface Mark {
  shape: "●" | "◐" | "■" | "○" | "▲";
  color: "up" | "deg" | "out" | "none" | "maint";
  word: string;
}

export function MarkOf({ mark }: { mark: Mark }) {
  return (
    <span class={mark.color}>
      <span class="mark" aria-hidden="true">
        {mark.shape}
      </span>
      {mark.word}
    </span>
  );
}

/** A service's mark. While its host is not heard, what it was last known as is not what it is. */
export function serviceMark(service: ServiceSnapshot, link: HostView["link"]): Mark {
  if (link !== "online") return { shape: "○", color: "none", word: "unknown" };
  if (service.loop !== null && service.loop.closedMs === null && service.verdict !== "paused") {
    return { shape: "■", color: "out", word: "restart loop" };
  }
  switch (service.verdict) {
    case "healthy":
    case "completed":
      return { shape: "●", color: "up", word: service.verdict };
    case "degraded":
      return { shape: "◐", color: "deg", word: service.verdict };
    case "unhealthy":
    case "down":
      return { shape: "■", color: "out", word: service.verdict };
    case "paused":
      return { shape: "▲", color: "maint", word: service.verdict };
    case "starting":
    case "waiting":
      return { shape: "◐", color: "none", word: service.verdict };
  }
}

const PUBLIC_MARKS: Record<PublicStatus, Mark> = {
  operational: { shape: "●", color: "up", word: "Operational" },
  degraded_performance: { shape: "◐", color: "deg", word: "Degraded performance" },
  outage: { shape: "■", color: "out", word: "Outage" },
  maintenance: { shape: "▲", color: "maint", word: "Maintenance" },
  unknown: { shape: "○", color: "none", word: "Unknown" },
};

export function publicMark(status: PublicStatus): Mark {
  return PUBLIC_MARKS[status];
}

const CALM: readonly IncidentKind[] = [
  "endpoint-unproven",
  "endpoint-crashes-service",
  "host-cloned",
  "command-failed",
];

/** What can wait for the morning is shown calmly. */
export function isCalm(kind: IncidentKind): boolean {
  return CALM.includes(kind);
}
