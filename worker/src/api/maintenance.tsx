import { type Context, Hono } from "hono";
import * as v from "valibot";
import { may } from "../auth/roles.ts";
import { coveredNames } from "../maintenance/core/covered.ts";
import { spanOf, standingOf } from "../maintenance/core/maintenance.ts";
import { typedOf, typedOfSeries } from "../maintenance/core/typed.ts";
import { type Faults, parseWanted, type Typed, type Wanted } from "../maintenance/core/wanted.ts";
import { MaintenanceRecords } from "../maintenance/maintenance-records.ts";
import { tellOfMaintenance } from "../maintenance/tell-of-maintenance.ts";
import { EditMaintenancePage, MaintenancePage } from "../pages/maintenance-page.tsx";
import type { Actor } from "../tenancy/records.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem, readJson } from "./problem.ts";

const BODY_LIMIT_BYTES = 64 * 1024;

// What is no text is as good as nothing: each field then says what it expects.
const field = v.fallback(v.string(), "");
const form = v.object({
  ...{ title: field, note: field, starts: field, ends: field, until: field, covers: field },
  ...{
    zone: v.fallback(v.string(), "UTC"),
    repeats: v.fallback(v.string(), "never"),
    what: v.fallback(v.string(), "all"),
  },
});

/** Maintenance: announced, changed, ended. All behind `signedIn`. Forms and JSON say the same; JSON is answered with JSON. */
export const maintenanceRoutes = new Hono<Guarded>();

maintenanceRoutes.get("/app/maintenance", allowed("maintenance:view"), (c) => listPage(c));

maintenanceRoutes.get("/app/maintenance.json", allowed("maintenance:view"), async (c) => {
  const nowMs = Date.now();
  const records = recordsOf(c);
  const [{ rows, series }, known] = await Promise.all([records.list(nowMs), records.coverable()]);
  return c.json({
    maintenance: rows.map((row) => ({
      ...{ id: row.id, title: row.title, note: row.note, status: standingOf(row, nowMs), timeZone: row.timeZone },
      ...{ startsAt: iso(row.startsMs), endsAt: iso(Math.max(row.startsMs, spanOf(row).toMs)), series: row.seriesId },
      covers: row.scope.kind === "all" ? "all" : coveredNames(row.scope, known),
    })),
    series: series.map((each) => ({ id: each.id, ...typedOfSeries(each, known) })),
  });
});

maintenanceRoutes.post("/app/maintenance", fromOurPages, allowed("maintenance:edit"), async (c) => {
  const typed = await typedBy(c);
  return understood(c, typed, "new", async (wanted, records, actor) => {
    const id = await records.announce(wanted, actor, Date.now());
    return written(c, id, 201);
  });
});

maintenanceRoutes.get("/app/maintenance/:id", allowed("maintenance:edit"), async (c) => {
  const [row, known] = await Promise.all([recordsOf(c).one(c.req.param("id")), recordsOf(c).coverable()]);
  return row === null ? unknown(c) : editPage(c, { typed: typedOf(row, known), faults: {} });
});

maintenanceRoutes.get("/app/maintenance/series/:id", allowed("maintenance:edit"), async (c) => {
  const [series, known] = await Promise.all([recordsOf(c).series(c.req.param("id")), recordsOf(c).coverable()]);
  return series === null ? unknown(c) : editPage(c, { typed: typedOfSeries(series, known), faults: {} });
});

maintenanceRoutes.post("/app/maintenance/:id", fromOurPages, allowed("maintenance:edit"), async (c) => {
  const typed = { ...(await typedBy(c)), repeats: "never" };
  const id = c.req.param("id");
  return understood(c, typed, "edit", async (wanted, records, actor) => {
    const changed = await records.change(id, wanted, actor, Date.now());
    return changed === null ? over(c) : written(c, id, 200);
  });
});

maintenanceRoutes.post("/app/maintenance/series/:id", fromOurPages, allowed("maintenance:edit"), async (c) => {
  const typed = await typedBy(c);
  const id = c.req.param("id");
  return understood(c, typed, "edit", async (wanted, records, actor) =>
    (await records.changeSeries(id, wanted, actor, Date.now())) ? written(c, id, 200) : over(c),
  );
});

maintenanceRoutes.post("/app/maintenance/:id/end", fromOurPages, allowed("maintenance:edit"), async (c) => {
  const ended = await recordsOf(c).end(c.req.param("id"), actorOf(c), Date.now());
  return ended === null ? unknown(c) : done(c, { ended }, 200);
});

maintenanceRoutes.post("/app/maintenance/series/:id/end", fromOurPages, allowed("maintenance:edit"), async (c) => {
  const ended = await recordsOf(c).endSeries(c.req.param("id"), actorOf(c), Date.now());
  return ended ? done(c, { ended: "series" }, 200) : unknown(c);
});

type Act = (wanted: Wanted, records: MaintenanceRecords, actor: Actor) => Promise<Response>;

/** Does it where what was typed is understood; else shows all that is wrong beside what was typed. */
async function understood(c: Context<Guarded>, typed: Typed, where: "new" | "edit", act: Act): Promise<Response> {
  const records = recordsOf(c);
  const parsed = parseWanted(typed, await records.coverable(), Date.now());
  if (parsed.kind === "wanted") return act(parsed.wanted, records, actorOf(c));
  const { faults } = parsed;
  if (isJson(c)) {
    const message = Object.entries(faults)
      .map(([name, fault]) => `${name}: ${fault}`)
      .join("; ");
    return c.json({ error: { code: "bad-request", message, fields: faults } }, 400);
  }
  return where === "new" ? listPage(c, { typed, faults }) : editPage(c, { typed, faults });
}

/** Whoever asked is told too what had been recorded already in its time. */
async function written(c: Context<Guarded>, id: string, status: 200 | 201): Promise<Response> {
  const hidden = await recordsOf(c).hiddenBy(id, Date.now());
  const hides = hidden.map(({ openedMs, closedMs, ...each }) => ({
    ...each,
    openedAt: iso(openedMs),
    closedAt: closedMs === null ? null : iso(closedMs),
  }));
  return done(c, { id, hides }, status, hides.length === 0 ? {} : { announced: id });
}

/** The Fleet is told, then whoever asked is. `shows`: what the page is asked to show. */
async function done(
  c: Context<Guarded>,
  answer: object,
  status: 200 | 201,
  shows: Record<string, string> = {},
): Promise<Response> {
  const told = await tellOfMaintenance(c.env, c.get("scope").organization.id, Date.now());
  if (isJson(c)) return c.json({ ...answer, told }, status);
  const query = new URLSearchParams({ ...shows, ...(told ? {} : { untold: "" }) }).toString();
  return c.redirect(query === "" ? "/app/maintenance" : `/app/maintenance?${query}`, 303);
}

async function listPage(c: Context<Guarded>, again?: { typed: Typed; faults: Faults }): Promise<Response> {
  const nowMs = Date.now();
  const records = recordsOf(c);
  const announced = c.req.query("announced");
  const [{ rows, series }, known, hidden] = await Promise.all([
    records.list(nowMs),
    records.coverable(),
    announced === undefined ? [] : records.hiddenBy(announced, nowMs),
  ]);
  const { organization, person, role } = c.get("scope");
  const nonce = c.get("secureHeadersNonce") ?? "";
  const untold = c.req.query("untold") !== undefined;
  const props = { nonce, organization, person, role, rows, series, known, nowMs, untold, hidden };
  const asked = { typed: again?.typed ?? null, faults: again?.faults ?? {} };
  const mayEdit = may(role, "maintenance:edit");
  return c.html(<MaintenancePage {...props} {...asked} mayEdit={mayEdit} />, again === undefined ? 200 : 400);
}

async function editPage(c: Context<Guarded>, { typed, faults }: { typed: Typed; faults: Faults }): Promise<Response> {
  const { organization, person, role } = c.get("scope");
  const nonce = c.get("secureHeadersNonce") ?? "";
  const known = await recordsOf(c).coverable();
  const props = { nonce, organization, person, role, typed, faults, known, action: c.req.path };
  return c.html(<EditMaintenancePage {...props} />, Object.keys(faults).length === 0 ? 200 : 400);
}

async function typedBy(c: Context<Guarded>): Promise<Typed> {
  const said: unknown = isJson(c)
    ? await readJson(c.req.raw, BODY_LIMIT_BYTES)
    : Object.fromEntries(await c.req.formData());
  const parsed = v.safeParse(form, said);
  return parsed.success ? parsed.output : v.parse(form, {});
}

function recordsOf(c: Context<Guarded>): MaintenanceRecords {
  return new MaintenanceRecords(c.env.DB, c.get("scope").organization.id);
}

function actorOf(c: Context<Guarded>): Actor {
  return { kind: "person", ...c.get("scope").person };
}

function isJson(c: Context<Guarded>): boolean {
  return (c.req.header("content-type") ?? "").includes("application/json");
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function unknown(c: Context<Guarded>): Response {
  return problem(c, 404, "no-such-maintenance", "there is no such maintenance");
}

function over(c: Context<Guarded>): Response {
  const message = "it is over, was called off, or somebody changed it at the same time: look at the page again";
  return problem(c, 409, "maintenance-over", message);
}
