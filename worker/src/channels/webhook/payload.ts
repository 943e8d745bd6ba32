import { lateWords } from "@afloat/shared/core/late";
import type { MessageIncident } from "../../alerts/core/alert-types.ts";
import { cut, lastThatFit, type Telling, urlOf } from "../telling.ts";

/** Standard Webhooks: a body should stay below 20 KB (github.com/standard-webhooks/standard-webhooks, spec, "Payload structure"). */
export const BODY_LIMIT_BYTES = 20_000;

/** From much to little: the first that fits is sent. */
const ROOM = [
  { incidents: 20, lines: 20, output: 8000 },
  { incidents: 10, lines: 10, output: 3000 },
  { incidents: 3, lines: 5, output: 800 },
  { incidents: 1, lines: 2, output: 100 },
] as const;
type Room = (typeof ROOM)[number];

const TEXT_LIMIT = 500;

/**
 * What a receiver is told, in the words of the page (docs/webhook.schema.json): fields are added, never renamed. Of one that is too long the end
 * is left out.
 */
export function webhookBody(telling: Telling): string {
  let body = "";
  for (const room of ROOM) {
    body = JSON.stringify(webhookPayload(telling, room));
    if (new TextEncoder().encode(body).length < BODY_LIMIT_BYTES) return body;
  }
  return body;
}

/** The payload with room for so much; `data.incident` is the first of `data.incidents`. */
export function webhookPayload(telling: Telling, room: Room = ROOM[0]) {
  const { message, organization, isTest } = telling;
  const incidents = message.incidents.slice(0, room.incidents);
  const told = incidents.map((incident) => incidentOf(incident, telling, room));
  const { id, phase, severity, isQuiet, atMs } = message;
  return {
    type: isTest ? "test" : `incident.${phase === "late" ? "closed" : phase}`,
    timestamp: iso(atMs),
    data: {
      organization: { name: cut(organization.name, TEXT_LIMIT), slug: organization.slug },
      alert: {
        ...{ id: message.alertId, messageId: id, phase, severity, quiet: isQuiet },
        title: cut(message.title, TEXT_LIMIT),
        lines: message.lines.slice(0, room.lines).map((line) => cut(line, TEXT_LIMIT)),
        next: message.next.slice(0, room.lines).map((line) => cut(line, TEXT_LIMIT)),
        more: message.more + message.incidents.length - incidents.length,
      },
      incident: told[0] ?? null,
      incidents: told,
      link: urlOf(telling, "open"),
      runbook: urlOf(telling, "runbook"),
      acknowledge: urlOf(telling, "acknowledge"),
      restart: urlOf(telling, "restart"),
    },
  };
}

function incidentOf(incident: MessageIncident, { message }: Telling, room: Room) {
  const { evidence, openedMs, closedMs } = incident;
  const title = cut(incident.title, TEXT_LIMIT);
  return {
    ...{ id: incident.id, kind: incident.kind },
    title: closedMs === null ? title : `Over: ${title}`,
    cause: cut(incident.cause, TEXT_LIMIT),
    ...{ host: cut(incident.hostName, TEXT_LIMIT), service: incident.serviceName },
    hosts: evidence.many?.hosts.slice(0, room.incidents * 10).map(({ name }) => cut(name, 100)) ?? null,
    openedAt: iso(openedMs),
    closedAt: closedMs === null ? null : iso(closedMs),
    restarts: evidence.restarts,
    withinMs: evidence.spanMs,
    causeCode: evidence.causeCode,
    exit: evidence.exit,
    // A message has the output of one incident at most: of that which is new.
    lastLines: incident.isNew ? lastThatFit(message.lastLines, room.output) : [],
    late: lateWords({ beganMs: openedMs, endedMs: closedMs, toldMs: message.atMs }),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
