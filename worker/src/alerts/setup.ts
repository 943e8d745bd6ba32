import { and, asc, eq, gt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { alertRule, silence } from "../db/alert-schema.ts";
import type { MaintenanceScope } from "../db/maintenance-schema.ts";
import { channel } from "../db/schema.ts";
import { loadMaintenance } from "../fleet/announced.ts";
import type { AlertChannel, Matcher, QuietSpan, Rule, Setup, Silence } from "./core/alert-types.ts";
import { parseMatcher, parseRule } from "./settings.ts";

/** What people have set, with what the lanes must know of a channel. */
export interface KnownSetup extends Setup {
  channels: (AlertChannel & { kind: string })[];
}

/** What people have set, as D1 has it: the record. What cannot be read any more is left out, and logged. */
export async function readSetup(d1: D1Database, organizationId: string, nowMs: number): Promise<KnownSetup> {
  const db = drizzle(d1);
  const [channels, rules, silences, maintenance] = await Promise.all([
    db.select().from(channel).where(eq(channel.organizationId, organizationId)).orderBy(channel.createdMs),
    db
      .select()
      .from(alertRule)
      .where(eq(alertRule.organizationId, organizationId))
      .orderBy(asc(alertRule.position), asc(alertRule.id)),
    db
      .select()
      .from(silence)
      .where(and(eq(silence.organizationId, organizationId), gt(silence.endsMs, nowMs))),
    loadMaintenance(d1, organizationId, nowMs),
  ]);
  return {
    channels: channels
      .filter(({ removedMs }) => removedMs === null)
      .map(({ id, kind, name, disabledMs }) => ({ id, kind, name, isOff: disabledMs !== null })),
    rules: rules.flatMap(ruleOf),
    silences: silences.flatMap(silenceOf),
    maintenance: maintenance.map(({ title, startsMs, endsMs, cancelledMs, scope }): QuietSpan => ({
      title,
      match: matchOf(scope),
      fromMs: startsMs,
      untilMs: Math.min(endsMs, cancelledMs ?? endsMs),
    })),
  };
}

function ruleOf({ id, position, rule }: typeof alertRule.$inferSelect): Rule[] {
  const settings = parseRule(rule);
  if (settings.kind === "good") return [{ id, position, ...settings.value }];
  console.error(`the alert rule ${id} is passed over: ${settings.text}`);
  return [];
}

function silenceOf(row: typeof silence.$inferSelect): Silence[] {
  const { id, matcher, startsMs, endsMs, endedMs, reason, byName } = row;
  const match = parseMatcher(matcher);
  if (match.kind === "good") {
    return [{ id, match: match.value, fromMs: startsMs, untilMs: endedMs ?? endsMs, reason, byName }];
  }
  console.error(`the silence ${id} is passed over: ${match.text}`);
  return [];
}

/** Each of these is covered. */
function matchOf(scope: MaintenanceScope): QuietSpan["match"] {
  if (scope.kind === "all") return [{}];
  // A service's id is `<host>.<name>`; names have dots, ids of hosts have none.
  const services = scope.serviceIds.map((id): Matcher => {
    const dot = id.indexOf(".");
    return { hosts: [id.slice(0, dot)], services: [id.slice(dot + 1)] };
  });
  return [...(scope.hostIds.length === 0 ? [] : [{ hosts: scope.hostIds }]), ...services];
}
