import type { MessagePhase } from "../../alerts/core/alert-types.ts";
import { cut, lastThatFit, type Telling, urlOf } from "../telling.ts";

/** Limits of PD-CEF and the Events API: a summary of 1,024 characters, a key of 255, an event of 512 KB. */
const SUMMARY_LIMIT = 1024;
const KEY_LIMIT = 255;

/** What is over, or was a single event, wakes nobody and is never taken back: a resolve of what was never triggered is taken, and does nothing. */
const ACTIONS: Record<MessagePhase, "trigger" | "acknowledge" | "resolve"> = {
  opened: "trigger",
  noted: "resolve",
  updated: "trigger",
  reminder: "trigger",
  escalated: "trigger",
  acknowledged: "acknowledge",
  closed: "resolve",
  late: "resolve",
};

/** One event. `dedup_key` is the alert's, so that all messages of one thread are one incident there. */
export function pagerdutyEvent(telling: Telling, routingKey: string) {
  const { message, organization, links } = telling;
  const [first] = message.incidents;
  const action = ACTIONS[message.phase];
  const thread = {
    routing_key: routingKey,
    event_action: action,
    dedup_key: cut(message.alertId, KEY_LIMIT),
  };
  if (action !== "trigger") return thread;
  return {
    ...thread,
    payload: {
      summary: cut(summaryOf(message.title, first?.cause ?? ""), SUMMARY_LIMIT),
      timestamp: new Date(first?.openedMs ?? message.atMs).toISOString(),
      severity: message.severity,
      source: cut(first?.hostName ?? organization.name, 200),
      ...(first === undefined || first.serviceName === null ? {} : { component: cut(first.serviceName, 200) }),
      group: cut(organization.name, 200),
      ...(first === undefined ? {} : { class: first.kind }),
      custom_details: {
        what: message.lines.slice(0, 20).map((line) => cut(line, 1000)),
        next: message.next.slice(0, 10).map((line) => cut(line, 1000)),
        last_lines: lastThatFit(message.lastLines, 8000, 1000),
        ...(message.more > 0 ? { more_incidents: message.more } : {}),
      },
    },
    client: "Afloat",
    client_url: urlOf(telling, "open") ?? undefined,
    links: links.map(({ url, label }) => ({ href: url, text: label })),
  };
}

/** The sentence with its cause, which it may have already. */
function summaryOf(title: string, cause: string): string {
  return cause === "" || title.includes(cause) ? title : `${title}: ${cause}`;
}
