import { type Context, Hono } from "hono";
import * as v from "valibot";
import { tellAlerts } from "../alerts/tell-alerts.ts";
import { may } from "../auth/roles.ts";
import { readIncident } from "../incidents/read-incident.ts";
import { MaintenanceRecords } from "../maintenance/maintenance-records.ts";
import { NO_MATCHER, typedMatcher } from "../matchers/core/typed-matcher.ts";
import { SilencesPage } from "../pages/silences-page.tsx";
import { parseSilence, type TypedSilence } from "../silences/core/wanted-silence.ts";
import { silenceOf } from "../silences/silence-doc.ts";
import { SilenceRecords } from "../silences/silence-records.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";
import { isJson, readTyped, typedList, typedText, wrong } from "./typed.ts";

const form = v.object({
  ...{ kinds: typedList, hosts: typedText, services: typedText, tags: typedText },
  ...{ reason: typedText, lasts: typedText, everything: typedText },
});

const NOTHING_TYPED: TypedSilence = { ...NO_MATCHER, reason: "", lasts: "2h", everything: "" };

/** What nobody is told of for a while. All behind `signedIn`. Forms and JSON say the same; JSON is answered with JSON. */
export const silenceRoutes = new Hono<Guarded>();

silenceRoutes.get("/app/silences", allowed("silence:view"), async (c) => {
  const from = await incidentAsked(c);
  const known = await coverable(c);
  if (from === null) return page(c, { typed: NOTHING_TYPED, faults: {}, from });
  const { kind, hostId, serviceName } = from.incident;
  const hosts = kind === "hosts-silent" ? [] : [hostId];
  const match = { kinds: [kind], hosts, ...(serviceName === null ? {} : { services: [serviceName] }) };
  const typed = { ...NOTHING_TYPED, ...typedMatcher(match, known) };
  return page(c, { typed, faults: {}, from: { id: from.incident.id, title: from.incident.title } });
});

silenceRoutes.get("/app/silences.json", allowed("silence:view"), async (c) => {
  const nowMs = Date.now();
  const known = await coverable(c);
  const silences = (await linesOf(c, nowMs)).map(({ fromMs, untilMs, match, ...line }) => ({
    ...{ ...line, about: typedMatcher(match, known), holds: untilMs > nowMs },
    ...{ startsAt: new Date(fromMs).toISOString(), endsAt: new Date(untilMs).toISOString() },
  }));
  return c.json({ silences });
});

silenceRoutes.post("/app/silences", fromOurPages, allowed("silence:edit"), async (c) => {
  const typed: TypedSilence = v.parse(form, await readTyped(c));
  const parsed = parseSilence(typed, await coverable(c));
  if (parsed.kind === "wanted") {
    const id = await recordsOf(c).begin(parsed.wanted, { kind: "person", ...c.get("scope").person }, Date.now());
    return done(c, { id }, 201);
  }
  return isJson(c) ? wrong(c, parsed.faults) : page(c, { typed, faults: parsed.faults, from: null });
});

silenceRoutes.post("/app/silences/:id/end", fromOurPages, allowed("silence:edit"), async (c) => {
  const ended = await recordsOf(c).end(c.req.param("id"), { kind: "person", ...c.get("scope").person }, Date.now());
  if (!ended) return problem(c, 404, "no-such-silence", "there is no such silence that holds");
  return done(c, { ended: true }, 200);
});

type Shown = Pick<Parameters<typeof SilencesPage>[0], "typed" | "faults" | "from">;

async function page(c: Context<Guarded>, shown: Shown): Promise<Response> {
  const nowMs = Date.now();
  const [silences, known] = await Promise.all([linesOf(c, nowMs), coverable(c)]);
  const { organization, person, role } = c.get("scope");
  const nonce = c.get("secureHeadersNonce") ?? "";
  const props = { nonce, organization, person, role, silences, known, nowMs, ...shown };
  const untold = c.req.query("untold") !== undefined;
  const status = Object.keys(shown.faults).length === 0 ? 200 : 400;
  return c.html(<SilencesPage {...props} mayEdit={may(role, "silence:edit")} untold={untold} />, status);
}

async function linesOf(c: Context<Guarded>, nowMs: number) {
  return (await recordsOf(c).list(nowMs)).flatMap((row) => silenceOf(row) ?? []);
}

/** The incident that `?incident=` names; null where it names none. */
async function incidentAsked(c: Context<Guarded>) {
  const id = c.req.query("incident");
  const { organization, role } = c.get("scope");
  return id === undefined ? null : readIncident(c.env.DB, { organizationId: organization.id, id, role }, Date.now());
}

function coverable(c: Context<Guarded>) {
  return new MaintenanceRecords(c.env.DB, c.get("scope").organization.id).coverable();
}

function recordsOf(c: Context<Guarded>): SilenceRecords {
  return new SilenceRecords(c.env.DB, c.get("scope").organization.id);
}

/** What decides about alerts is told, then whoever asked is. */
async function done(c: Context<Guarded>, answer: object, status: 200 | 201): Promise<Response> {
  const told = await tellAlerts(c.env, c.get("scope").organization.id);
  if (isJson(c)) return c.json({ ...answer, told }, status);
  return c.redirect(told ? "/app/silences" : "/app/silences?untold", 303);
}
