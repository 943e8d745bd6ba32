import { and, asc, eq, gt, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Matcher, QuietSpan, Setup } from "../alerts/core/alert-types.ts";
import { alertRule, silence } from "../db/alert-schema.ts";
import type { MaintenanceScope } from "../db/maintenance-schema.ts";
import { channel } from "../db/schema.ts";
import { spanOf } from "../maintenance/core/maintenance.ts";
import { readMaintenance } from "../maintenance/read-maintenance.ts";
import { silenceOf } from "../silences/silence-doc.ts";
import { ruleOf } from "./rule-doc.ts";

/** What people have set, as alerting goes by it at this moment. */
export async function readSetup(d1: D1Database, organizationId: string, nowMs: number): Promise<Setup> {
  const db = drizzle(d1);
  const [[rules, channels, silences], maintenance] = await Promise.all([
    db.batch([
      db.select().from(alertRule).where(eq(alertRule.organizationId, organizationId)).orderBy(asc(alertRule.position)),
      db
        .select({ id: channel.id, name: channel.name, disabledMs: channel.disabledMs })
        .from(channel)
        .where(and(eq(channel.organizationId, organizationId), isNull(channel.removedMs)))
        .orderBy(channel.createdMs),
      db
        .select()
        .from(silence)
        .where(and(eq(silence.organizationId, organizationId), gt(silence.endsMs, nowMs))),
    ]),
    readMaintenance(db, organizationId, { fromMs: nowMs, toMs: nowMs + 1 }),
  ]);
  return {
    rules: rules.flatMap((row) => ruleOf(row) ?? []),
    channels: channels.map(({ id, name, disabledMs }) => ({ id, name, isOff: disabledMs !== null })),
    silences: silences.flatMap((row) => silenceOf(row) ?? []),
    maintenance: maintenance.map((each): QuietSpan => {
      const { fromMs, toMs } = spanOf(each);
      return { title: each.title, match: matchersOf(each.scope), fromMs, untilMs: toMs };
    }),
  };
}

function matchersOf(scope: MaintenanceScope): Matcher[] {
  if (scope.kind === "all") return [{}];
  const services = scope.serviceIds.map((id) => {
    const at = id.indexOf(".");
    return { hosts: [id.slice(0, at)], services: [id.slice(at + 1)] };
  });
  return scope.hostIds.length === 0 ? services : [{ hosts: scope.hostIds }, ...services];
}
