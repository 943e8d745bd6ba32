import { runbookTopicOfIncident } from "@afloat/shared/core/runbook";
import { lateWords } from "@afloat/shared/core/late";
import type { incident, notice } from "../db/schema.ts";

/**
 * What a receiver is told, in the words of the page: what, where, since when, why, how we know, one link to it, and one to what to do. Stable:
 * fields are added, never renamed.
 */
export function payloadOf(
  of: { incident: typeof incident.$inferSelect; notice: typeof notice.$inferSelect; hostName: string },
  organization: { name: string; slug: string },
  publicUrl: string,
) {
  const { incident, notice, hostName } = of;
  const { evidence, closedMs } = incident;
  const over = notice.phase === "closed";
  return {
    type: `incident.${notice.phase}`,
    timestamp: iso(notice.createdMs),
    data: {
      organization,
      incident: {
        id: incident.id,
        kind: incident.kind,
        title: over ? `Over: ${incident.title}` : incident.title,
        cause: incident.cause,
        host: hostName,
        service: incident.serviceName,
        hosts: evidence.many?.hosts.map(({ name }) => name) ?? null,
        openedAt: iso(incident.openedMs),
        closedAt: closedMs === null ? null : iso(closedMs),
        restarts: evidence.restarts,
        withinMs: evidence.spanMs,
        causeCode: evidence.causeCode,
        exit: evidence.exit,
        lastLines: evidence.lastLines,
        late: lateWords({
          beganMs: incident.openedMs,
          endedMs: over ? closedMs : null,
          toldMs: notice.createdMs,
        }),
      },
      link: `${publicUrl}/app/incident/${incident.id}`,
      runbook: `${publicUrl}/runbook#${runbookTopicOfIncident(incident.kind, evidence.causeCode)}`,
    },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
