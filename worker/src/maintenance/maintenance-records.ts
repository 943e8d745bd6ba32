import { DAY_MS } from "@afloat/shared/core/moment";
import { and, desc, eq, exists, gt, isNull, like } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { freshId } from "../auth/ids.ts";
import { maintenance, maintenanceSeries } from "../db/maintenance-schema.ts";
import { host, service } from "../db/schema.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import { foldAgainFor } from "../uptime/announced-late.ts";
import type { Coverable } from "./core/covered.ts";
import { standingOf } from "./core/maintenance.ts";
import { keptTimes } from "./core/typed.ts";
import type { Wanted } from "./core/wanted.ts";
import { type HiddenTrouble, readHiddenTrouble } from "./hidden-trouble.ts";
import { readMaintenance } from "./read-maintenance.ts";
import { timesOf } from "./series-times.ts";

type Row = typeof maintenance.$inferSelect;

/** Shown for so long after it was over, milliseconds: as long as its days can be counted again. */
const PAST_MS = 35 * 86_400_000;

/** An organization's maintenance, for people: everything here is its own, and what it changes it writes into the audit log. */
export class MaintenanceRecords {
  readonly #organizationId: string;
  readonly #d1: D1Database;
  readonly #db: DrizzleD1Database;

  constructor(d1: D1Database, organizationId: string) {
    this.#d1 = d1;
    this.#db = drizzle(d1);
    this.#organizationId = organizationId;
  }

  /** All that is not long over, by its start; and the series that come again. */
  async list(nowMs: number) {
    const own = eq(maintenance.organizationId, this.#organizationId);
    const [rows, series] = await this.#db.batch([
      this.#db
        .select()
        .from(maintenance)
        .where(and(own, gt(maintenance.endsMs, nowMs - PAST_MS)))
        .orderBy(maintenance.startsMs, maintenance.id)
        .limit(1000),
      this.#db
        .select()
        .from(maintenanceSeries)
        .where(and(eq(maintenanceSeries.organizationId, this.#organizationId), isNull(maintenanceSeries.endedMs)))
        .orderBy(desc(maintenanceSeries.createdMs)),
    ]);
    return { rows, series };
  }

  async one(id: string): Promise<Row | null> {
    const [row] = await this.#db.select().from(maintenance).where(this.#own(id));
    return row ?? null;
  }

  async series(id: string) {
    const [row] = await this.#db.select().from(maintenanceSeries).where(this.#ownSeries(id));
    return row ?? null;
  }

  /** What was recorded already in the time that this one (or those of this series) covers. */
  async hiddenBy(id: string, nowMs: number): Promise<HiddenTrouble[]> {
    const window = { fromMs: nowMs - PAST_MS, toMs: nowMs };
    const begun = await readMaintenance(this.#db, this.#organizationId, window);
    const own = begun.filter((row) => row.id === id || row.seriesId === id);
    return readHiddenTrouble(this.#db, this.#organizationId, own, nowMs);
  }

  /** What maintenance may cover. */
  async coverable(): Promise<Coverable> {
    const [hosts, services] = await this.#db.batch([
      this.#db
        .select({ id: host.id, name: host.name, tags: host.tags })
        .from(host)
        .where(and(eq(host.organizationId, this.#organizationId), isNull(host.revokedMs)))
        .orderBy(host.name),
      this.#db
        .select({ id: service.id, hostId: service.hostId, name: service.name })
        .from(service)
        .where(and(eq(service.organizationId, this.#organizationId), isNull(service.removedMs)))
        .orderBy(service.name),
    ]);
    return { hosts, services };
  }

  /** Announces it, once or as a series. Answers its id. */
  async announce(wanted: Wanted, actor: Actor, nowMs: number): Promise<string> {
    const id = freshId();
    const { title, note, timeZone, scope, startsMs, endsMs, recurrence } = wanted;
    const same = { id, organizationId: this.#organizationId, title, note, scope, createdMs: nowMs };
    if (recurrence === null) {
      const again = this.#again(scope, startsMs, nowMs);
      const insert = this.#db.insert(maintenance).values({ ...same, timeZone, startsMs, endsMs });
      await this.#db.batch([insert, ...again, this.#audit(actor, "maintenance.announced", id, lineOf(wanted), nowMs)]);
      return id;
    }
    const series = { ...same, ...recurrence, version: freshVersion(), writtenUntilMs: 0, endedMs: null };
    await this.#db.batch([
      this.#db.insert(maintenanceSeries).values(series),
      this.#audit(actor, "maintenance-series.announced", id, { title, repeats: recurrence.repeats }, nowMs),
    ]);
    // The first may have begun just now; what was before that is none.
    await this.#d1.batch(timesOf(this.#d1, series, Math.max(startsMs, nowMs - recurrence.lengthMs), nowMs));
    return id;
  }

  /** Changes one that is not over. Answers null where it is, or is none. */
  async change(id: string, wanted: Wanted, actor: Actor, nowMs: number): Promise<Row | null> {
    const before = await this.one(id);
    if (before === null || !["upcoming", "running"].includes(standingOf(before, nowMs))) return null;
    const { title, note, timeZone, scope } = wanted;
    const { startsMs, endsMs } = keptTimes(before, wanted);
    const fromMs = Math.min(before.startsMs, startsMs);
    await this.#db.batch([
      this.#db
        .update(maintenance)
        .set({ title, note, timeZone, scope, startsMs, endsMs, toldMs: null })
        .where(and(this.#own(id), isNull(maintenance.cancelledMs))),
      ...this.#again(before.scope, fromMs, nowMs),
      ...this.#again(scope, fromMs, nowMs),
      this.#audit(actor, "maintenance.changed", id, lineOf({ ...wanted, startsMs, endsMs }), nowMs),
    ]);
    return before;
  }

  /** Ends what is under way, calls off what is to come, takes back what is over: then it counts for nothing. Null where there is none. */
  async end(id: string, actor: Actor, nowMs: number): Promise<"ended" | "cancelled" | "taken-back" | null> {
    const before = await this.one(id);
    if (before === null) return null;
    const standing = standingOf(before, nowMs);
    if (standing === "off") return null;
    const done = { running: "ended", upcoming: "cancelled", over: "taken-back" } as const;
    const cancelledMs = standing === "over" ? before.startsMs : nowMs;
    await this.#db.batch([
      this.#db.update(maintenance).set({ cancelledMs, toldMs: null }).where(this.#own(id)),
      ...this.#again(before.scope, standing === "over" ? before.startsMs : nowMs, nowMs),
      this.#audit(actor, `maintenance.${done[standing]}`, id, { title: before.title }, nowMs),
    ]);
    return done[standing];
  }

  /** From now on it comes as is wanted; what has begun stays as it was. False where it does not come any more, or was changed meanwhile. */
  async changeSeries(id: string, wanted: Wanted, actor: Actor, nowMs: number): Promise<boolean> {
    const before = await this.series(id);
    const { title, note, scope, recurrence } = wanted;
    if (before === null || before.endedMs !== null || recurrence === null) return false;
    const version = freshVersion();
    const changed = { title, note, scope, ...recurrence, version, writtenUntilMs: 0 };
    const comesAgain = clockOf(before) !== clockOf(recurrence) || (await this.#comesAgain(id, nowMs));
    const ours = this.#db
      .select()
      .from(maintenanceSeries)
      .where(and(this.#ownSeries(id), eq(maintenanceSeries.version, version)));
    const [{ meta }] = await this.#db.batch([
      this.#db
        .update(maintenanceSeries)
        .set(changed)
        .where(and(this.#ownSeries(id), eq(maintenanceSeries.version, before.version))),
      // What a person called off stays, so that its day is not announced anew.
      this.#db.delete(maintenance).where(and(this.#ofSeries(id, nowMs), isNull(maintenance.cancelledMs), exists(ours))),
      this.#audit(actor, "maintenance-series.changed", id, { title, repeats: recurrence.repeats }, nowMs),
    ]);
    await this.#d1.batch(timesOf(this.#d1, { ...before, ...changed }, nowMs, nowMs, comesAgain));
    return meta.changes > 0;
  }

  /** It does not come again; one that is under way goes on. False where it had ended before. */
  async endSeries(id: string, actor: Actor, nowMs: number): Promise<boolean> {
    const before = await this.series(id);
    if (before === null || before.endedMs !== null) return false;
    await this.#db.batch([
      this.#db.update(maintenanceSeries).set({ endedMs: nowMs }).where(this.#ownSeries(id)),
      this.#db
        .update(maintenance)
        .set({ cancelledMs: nowMs, toldMs: null })
        .where(and(this.#ofSeries(id, nowMs), isNull(maintenance.cancelledMs))),
      this.#audit(actor, "maintenance-series.ended", id, { title: before.title }, nowMs),
    ]);
    return true;
  }

  /** One of its times to come is the second of its day. */
  async #comesAgain(id: string, nowMs: number): Promise<boolean> {
    const [second] = await this.#db
      .select({ id: maintenance.id })
      .from(maintenance)
      .where(and(this.#ofSeries(id, nowMs), isNull(maintenance.cancelledMs), like(maintenance.id, `${id}.%.%`)))
      .limit(1);
    return second !== undefined;
  }

  #again(scope: Row["scope"], fromMs: number, nowMs: number) {
    const again = foldAgainFor(this.#db, this.#organizationId, { scope, fromMs }, nowMs);
    return again === null ? [] : [again];
  }

  #own(id: string) {
    return and(eq(maintenance.organizationId, this.#organizationId), eq(maintenance.id, id));
  }

  #ownSeries(id: string) {
    return and(eq(maintenanceSeries.organizationId, this.#organizationId), eq(maintenanceSeries.id, id));
  }

  /** Those of a series that have not begun. */
  #ofSeries(id: string, nowMs: number) {
    const { organizationId, seriesId, startsMs } = maintenance;
    return and(eq(organizationId, this.#organizationId), eq(seriesId, id), gt(startsMs, nowMs));
  }

  #audit(actor: Actor, action: string, target: string, detail: Record<string, string>, atMs: number) {
    return auditLine(this.#db, this.#organizationId, actor, { action, target, detail, atMs });
  }
}

/** The time of the day at which it begins, by the clocks of its zone. */
function clockOf({ startsWallMs, timeZone }: { startsWallMs: number; timeZone: string }): string {
  return `${startsWallMs % DAY_MS} ${timeZone}`;
}

/** What the audit log says of it: whether it was announced after it began is to be seen there. */
function lineOf({ title, startsMs, endsMs }: Wanted): Record<string, string> {
  const [starts = "", ends = ""] = [startsMs, endsMs].map((ms) => new Date(ms).toISOString());
  return { title, starts, ends };
}

function freshVersion(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
