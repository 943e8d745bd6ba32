import * as v from "valibot";
import { type Rule, SEVERITIES } from "../alerts/core/alert-types.ts";
import type { alertRule } from "../db/alert-schema.ts";
import { matcherDoc } from "../matchers/matcher-doc.ts";

const ms = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a rule says, as it is stored. */
const ruleDoc = v.object({
  name: v.string(),
  match: matcherDoc,
  severity: v.nullable(v.picklist(SEVERITIES)),
  tell: v.object({
    steps: v.array(v.object({ afterMs: ms, channelIds: v.union([v.literal("all"), v.array(v.string())]) })),
  }),
  reminderMs: v.optional(v.nullable(ms)),
  confirmMs: ms,
  group: v.picklist(["host", "none"]),
});

/** A rule as alerting goes by it; null where this version cannot read what it says. */
export function ruleOf({ id, position, rule }: typeof alertRule.$inferSelect): Rule | null {
  const said = v.safeParse(ruleDoc, rule);
  if (said.success) return { id, position, ...said.output };
  console.error(`the alert rule ${id} is passed over: this version cannot read it`);
  return null;
}
