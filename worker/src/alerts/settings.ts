import { INCIDENT_KINDS } from "@afloat/shared/domain";
import * as v from "valibot";
import type { Matcher, Rule } from "./core/alert-types.ts";
import { SEVERITIES } from "./core/alert-types.ts";

/** What people may set, and how much of it. Durations are milliseconds. */

const DAY_MS = 86_400_000;
const LIST = 200;
const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const names = v.pipe(v.array(name), v.maxLength(LIST));
const span = (maxMs: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maxMs));

const matcher = v.object({
  kinds: v.optional(v.array(v.picklist(INCIDENT_KINDS))),
  hosts: v.optional(names),
  services: v.optional(names),
  tags: v.optional(names),
});

const step = v.object({ afterMs: span(7 * DAY_MS), channelIds: v.union([names, v.literal("all")]) });

/** A rule as it is stored: all of it but its id and its place. */
const rule = v.object({
  name,
  match: matcher,
  severity: v.nullable(v.picklist(SEVERITIES)),
  tell: v.object({ steps: v.pipe(v.array(step), v.maxLength(10)) }),
  reminderMs: v.optional(v.nullable(v.pipe(span(7 * DAY_MS), v.minValue(300_000)))),
  confirmMs: span(DAY_MS),
  group: v.picklist(["host", "none"]),
});

export type RuleSettings = Omit<Rule, "id" | "position">;

export type Parsed<T> = { kind: "good"; value: T } | { kind: "fault"; text: string };

export function parseRule(from: unknown): Parsed<RuleSettings> {
  return parsed(rule, from);
}

export function parseMatcher(from: unknown): Parsed<Matcher> {
  return parsed(matcher, from);
}

function parsed<T>(schema: v.GenericSchema<unknown, T>, from: unknown): Parsed<T> {
  const result = v.safeParse(schema, from);
  if (result.success) return { kind: "good", value: result.output };
  const text = result.issues.map((issue) => `${v.getDotPath(issue) ?? "it"}: ${issue.message}`).join("; ");
  return { kind: "fault", text };
}
