import { durationWords } from "@afloat/shared/core/duration";
import { lateWords } from "@afloat/shared/core/late";
import { runbookTopicOfIncident } from "@afloat/shared/core/runbook";
import { MESSAGE_PHASES, type Message } from "../alerts/core/alert-types.ts";
import type { Telling } from "../channels/telling.ts";
import type { incident, notice } from "../db/schema.ts";

interface Noticed {
  incident: typeof incident.$inferSelect;
  notice: typeof notice.$inferSelect;
  hostName: string;
  sendId: string;
}

/** What channels are told of one notice: what, why, since when, the last lines, where to look. */
export function tellingOf(of: Noticed, organization: { name: string; slug: string }, publicUrl: string): Telling {
  const { incident } = of;
  const topic = runbookTopicOfIncident(incident.kind, incident.evidence.causeCode);
  return {
    message: messageOf(of),
    sendId: of.sendId,
    organization: { name: organization.name, slug: organization.slug },
    links: [
      { kind: "open", label: "Open", url: `${publicUrl}/app/incident/${incident.id}` },
      { kind: "runbook", label: "What to do", url: `${publicUrl}/runbook#${topic}` },
    ],
    isTest: false,
  };
}

function messageOf({ incident, notice, hostName }: Noticed): Message {
  const { id, kind, hostId, serviceName, title, cause, openedMs, closedMs, evidence } = incident;
  const isOver = notice.phase === "closed";
  const late = lateWords({ beganMs: openedMs, endedMs: isOver ? closedMs : null, toldMs: notice.createdMs });
  const lasted = isOver && closedMs !== null ? [`It lasted ${durationWords(closedMs - openedMs)}.`] : [];
  return {
    id: notice.id,
    alertId: id,
    // What a later version wrote: something is new about it.
    phase: MESSAGE_PHASES.find((known) => known === notice.phase) ?? "updated",
    severity: kind === "endpoint-unproven" ? "info" : "error",
    isQuiet: false,
    atMs: notice.createdMs,
    channelIds: [],
    title: isOver ? `Over: ${title}` : title,
    lines: [cause, ...lasted, ...(late === null ? [] : [late])].filter((line) => line !== ""),
    lastLines: isOver ? [] : evidence.lastLines,
    next: [],
    actions: [],
    incidents: [
      {
        id,
        kind,
        hostId,
        hostName,
        serviceName,
        title,
        cause,
        openedMs,
        closedMs: isOver ? closedMs : null,
        evidence,
        isNew: true,
      },
    ],
    more: 0,
  };
}
