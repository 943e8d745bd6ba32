import * as v from "valibot";
import type { Silence } from "../alerts/core/alert-types.ts";
import type { silence } from "../db/alert-schema.ts";
import { matcherDoc } from "../matchers/matcher-doc.ts";

/** A silence as the rules of alerting go by it; null where this version cannot read what it is about. */
export function silenceOf({
  id,
  matcher,
  reason,
  startsMs,
  endsMs,
  endedMs,
  byName,
}: typeof silence.$inferSelect): Silence | null {
  const match = v.safeParse(matcherDoc, matcher);
  if (!match.success) {
    console.error(`the silence ${id} is passed over: this version cannot read it`);
    return null;
  }
  return { id, match: match.output, fromMs: startsMs, untilMs: Math.min(endsMs, endedMs ?? endsMs), reason, byName };
}
