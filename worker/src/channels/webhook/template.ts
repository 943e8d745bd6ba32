import { cut, lastThatFit, type Telling } from "../telling.ts";
import { webhookPayload } from "./payload.ts";

/** JSON with `{{title}}` in its strings, for receivers that want a form of their own. Nothing in it is code. */
export const TEMPLATE_LIMIT = 4000;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const VALUE_LIMIT = 1500;
const PLACEHOLDER = /\{\{\s*([\w.]*)\s*\}\}/g;

/** What may stand between the braces. */
const NAMES = [
  ...["type", "phase", "severity", "title", "text", "cause", "kind", "host", "service", "openedAt", "closedAt", "exit"],
  ...[
    "lastLines",
    "next",
    "link",
    "runbook",
    "acknowledge",
    "restart",
    "organization",
    "incidentId",
    "alertId",
    "late",
  ],
] as const;

/** What is wrong with a template, in words; null where it can be filled. */
export function faultOfTemplate(template: string): string | null {
  if (template.length > TEMPLATE_LIMIT) return `expected a template of at most ${TEMPLATE_LIMIT} characters`;
  const parsed = parse(template);
  if (parsed === undefined)
    return 'expected a template that is JSON, with placeholders in its strings: { "text": "{{title}}" }';
  if (typeof parsed !== "object" || parsed === null) return "expected a template that is a JSON object or list";
  const unknown = [...template.matchAll(PLACEHOLDER)].find(([, name = ""]) => !NAMES.some((known) => known === name));
  return unknown === undefined
    ? null
    : `there is no ${unknown[0]}; there are ${NAMES.map((name) => `{{${name}}}`).join(" ")}`;
}

/** The template filled: only within strings, so that no value can become anything else. */
export function fillTemplate(template: string, telling: Telling): string {
  const values = valuesOf(telling);
  return JSON.stringify(filled(parse(template) ?? null, values));
}

function filled(value: Json, values: Record<string, string>): Json {
  if (typeof value === "string") return value.replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? "");
  if (Array.isArray(value)) return value.map((each) => filled(each, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, values)]));
}

function valuesOf(telling: Telling): Record<string, string> {
  const { type, data } = webhookPayload(telling);
  const { alert, incident, organization } = data;
  const values: Record<(typeof NAMES)[number], string | null | undefined> = {
    ...{ type, phase: alert.phase, severity: alert.severity, title: alert.title },
    text: [alert.title, ...alert.lines].join("\n"),
    ...{ cause: incident?.cause, kind: incident?.kind, host: incident?.host, service: incident?.service },
    ...{ openedAt: incident?.openedAt, closedAt: incident?.closedAt, exit: incident?.exit, late: incident?.late },
    ...{ lastLines: lastThatFit(incident?.lastLines ?? [], VALUE_LIMIT).join("\n"), next: alert.next.join("\n") },
    ...{ link: data.link, runbook: data.runbook, acknowledge: data.acknowledge, restart: data.restart },
    ...{ organization: organization.name, incidentId: incident?.id, alertId: alert.id },
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cut(value ?? "", VALUE_LIMIT)]));
}

function parse(template: string): Json | undefined {
  try {
    const parsed: Json = JSON.parse(template);
    return parsed;
  } catch {
    // No JSON: the caller says what was expected.
    return undefined;
  }
}
