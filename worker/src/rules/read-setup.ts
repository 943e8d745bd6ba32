import { and, asc, eq, gt, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { AlertChannel, Matcher, QuietSpan, Setup } from "../alerts/core/alert-types.ts";
import { alertRule, silence } from "../db/alert-schema.ts";
import type { MaintenanceScope } from "../db/maintenance-schema.ts";
import { channel } from "../db/schema.ts";
import { loadMaintenance } from "../fleet/announced.ts";
import { spanOf } from "../maintenance/core/maintenance.ts";
import { silenceOf } from "../silences/silence-doc.ts";
import { ruleOf } from "./rule-doc.ts";

/** What people have set, with what the lanes must know of a channel. */
export interface KnownSetup extends Setup {
  channels: (AlertChannel & { kind: string })[];
}

/** What people have set, as D1 has it: the record. What this version cannot read is left out, and logged. */
export async function readSetup(d1: D1Database, organizationId: string, nowMs: number): Promise<KnownSetup> {
  const db = drizzle(d1);
  const [[rules, channels, silences], maintenance] = await Promise.all([
    db.batch([
      db.select().from(alertRule).where(eq(alertRule.organizationId, organizationId)).orderBy(asc(alertRule.position)),
      db
        .select({ id: channel.id, kind: channel.kind, name: channel.name, disabledMs: channel.disabledMs })
        .from(channel)
        .where(and(eq(channel.organizationId, organizationId), isNull(channel.removedMs)))
        .orderBy(channel.createdMs),
      db
        .select()
        .from(silence)
        .where(and(eq(silence.organizationId, organizationId), gt(silence.endsMs, nowMs))),
    ]),
    loadMaintenance(d1, organizationId, nowMs),
  ]);
  return {
    rules: rules.flatMap((row) => ruleOf(row) ?? []),
    channels: channels.map(({ id, kind, name, disabledMs }) => ({ id, kind, name, isOff: disabledMs !== null })),
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
