import { type Context, Hono } from "hono";
import * as v from "valibot";
import { whyWords } from "../alerts/core/why-words.ts";
import { acknowledge } from "../alerts/acknowledge.ts";
import { timelineOf } from "../incidents/core/timeline.ts";
import { NOTE_CHARACTERS, NOTES } from "../incidents/core/window.ts";
import { addNote } from "../incidents/incident-notes.ts";
import { type IncidentRead, readIncident } from "../incidents/read-incident.ts";
import { parseIncidentsWanted, readIncidents } from "../incidents/read-incidents.ts";
import { IncidentPage, NoIncidentPage } from "../pages/incident-page.tsx";
import { IncidentsPage } from "../pages/incidents-page.tsx";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { orderCommand } from "./order-command.ts";
import { problem } from "./problem.ts";
import { isJson, readTyped, typedText, wrong } from "./typed.ts";

/** Incidents, each with all that is known of it. All behind `signedIn`. Pages and JSON say the same. */
export const incidentRoutes = new Hono<Guarded>();

incidentRoutes.get("/app/incidents", allowed("fleet:view"), async (c) => {
  const wanted = parseIncidentsWanted(c.req.query());
  const read = await readIncidents(c.env.DB, c.get("scope").organization.id, wanted);
  return c.html(<IncidentsPage {...{ ...who(c), wanted, read, nowMs: Date.now() }} />);
});

incidentRoutes.get("/app/incidents.json", allowed("fleet:view"), async (c) => {
  const wanted = parseIncidentsWanted(c.req.query());
  const { lines, before, lookedBackToMs } = await readIncidents(c.env.DB, c.get("scope").organization.id, wanted);
  const incidents = lines.map(({ openedMs, closedMs, hostName: host, serviceName: service, ...line }) => ({
    ...{ ...line, host, service, openedAt: iso(openedMs), closedAt: closedMs === null ? null : iso(closedMs) },
  }));
  return c.json({ incidents, before, lookedBackTo: lookedBackToMs === null ? null : iso(lookedBackToMs) });
});

incidentRoutes.get("/app/incident/:id", allowed("fleet:view"), async (c) => {
  const id = c.req.param("id");
  return id.endsWith(".json") ? incidentJson(c, id.slice(0, -".json".length)) : incidentPage(c, id);
});

incidentRoutes.post("/app/incident/:id/notes", fromOurPages, allowed("incident:note"), async (c) => {
  const id = c.req.param("id");
  const { text } = v.parse(v.object({ text: typedText }), await readTyped(c));
  const fault = faultOfNote(text);
  if (fault !== null)
    return isJson(c) ? wrong(c, { text: fault }) : incidentPage(c, id, { note: { typed: text, fault } });
  const { organization, person } = c.get("scope");
  const note = { incidentId: id, text: text.trim() };
  const added = await addNote(c.env.DB, organization.id, note, { kind: "person", ...person }, Date.now());
  if (added === "none") return problem(c, 404, "no-such-incident", "there is no such incident here");
  if (added === "full") return problem(c, 409, "too-many-notes", `an incident has at most ${NOTES} notes`);
  return isJson(c) ? c.json({ added: true }, 201) : c.redirect(`/app/incident/${id}#note`, 303);
});

function faultOfNote(text: string): string | null {
  if (text.trim() === "") return "expected a few words";
  return text.length > NOTE_CHARACTERS ? `expected at most ${NOTE_CHARACTERS} characters, got ${text.length}` : null;
}

incidentRoutes.post("/app/incident/:id/acknowledge", fromOurPages, allowed("incident:acknowledge"), async (c) => {
  const { organization, person } = c.get("scope");
  const of = { organizationId: organization.id, incidentId: c.req.param("id") };
  const done = await acknowledge(c.env, of, { via: "page", actor: { kind: "person", ...person } });
  if (done.kind === "unknown") return problem(c, 404, "no-such-incident", "there is no such incident here");
  if (!isJson(c)) return c.redirect(`/app/incident/${of.incidentId}`, 303);
  return c.json(done.kind === "over" ? { over: true } : { acknowledgedBy: done.byName });
});

/** Restarts the service that it is about, for whoever is on a phone and without a script: what asked first was the page. */
incidentRoutes.post("/app/incident/:id/restart", fromOurPages, allowed("service:restart"), async (c) => {
  const id = c.req.param("id");
  const read = await readOne(c, id, Date.now());
  const { hostId, serviceName: service } = read?.incident ?? {};
  if (hostId === undefined || service === undefined || service === null)
    return problem(c, 404, "no-such-incident", "there is no such incident of a service here");
  const ordered = await orderCommand(c, { hostId, service, verb: "restart" });
  if (ordered.kind === "ordered")
    return isJson(c) ? c.json(ordered.command, 201) : c.redirect(`/app/incident/${id}`, 303);
  if (isJson(c)) return ordered.answer;
  const { error } = v.parse(v.object({ error: v.object({ message: v.string() }) }), await ordered.answer.json());
  return incidentPage(c, id, { fault: `Nothing was done: ${error.message}` });
});

const NO_NOTE = { typed: "", fault: null };

async function incidentPage(
  c: Context<Guarded>,
  id: string,
  { note = NO_NOTE, fault = null }: { note?: { typed: string; fault: string | null }; fault?: string | null } = {},
): Promise<Response> {
  const nowMs = Date.now();
  const read = await readOne(c, id, nowMs);
  if (read === null) return c.html(<NoIncidentPage {...who(c)} />, 404);
  const timeline = timelineOf(read.recorded, nowMs);
  const isGood = note.fault === null && fault === null;
  return c.html(<IncidentPage {...{ ...who(c), read, nowMs, note, fault, timeline }} />, isGood ? 200 : 400);
}

async function incidentJson(c: Context<Guarded>, id: string): Promise<Response> {
  const nowMs = Date.now();
  const read = await readOne(c, id, nowMs);
  if (read === null) return problem(c, 404, "no-such-incident", "there is no such incident here");
  const { id: incidentId, kind, title, cause, serviceName: service, openedMs, closedMs, evidence } = read.incident;
  return c.json({
    readAt: iso(nowMs),
    incident: {
      ...{ id: incidentId, kind, title, cause, host: read.host?.name ?? null, service, ...evidence },
      ...{ openedAt: iso(openedMs), closedAt: closedMs === null ? null : iso(closedMs) },
    },
    acknowledged: acknowledgedJson(read),
    why: read.whys.map(({ atMs, said }) => ({ at: iso(atMs), what: said.what, words: whyWords(said, atMs) })),
    timeline: timelineOf(read.recorded, nowMs).map(({ id: entryId, atMs, of, title: words, detail, lines }) => ({
      ...{ id: entryId, at: iso(atMs), of, title: words, detail, lines },
    })),
  });
}

function acknowledgedJson({ recorded: { acknowledgement: by } }: IncidentRead) {
  return by === null ? null : { at: iso(by.atMs), by: by.byName, via: by.via };
}

function readOne(c: Context<Guarded>, id: string, nowMs: number): Promise<IncidentRead | null> {
  const { organization, role } = c.get("scope");
  return readIncident(c.env.DB, { organizationId: organization.id, id, role }, nowMs);
}

function who(c: Context<Guarded>) {
  const { organization, person, role } = c.get("scope");
  return { nonce: c.get("secureHeadersNonce") ?? "", organization, person, role };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
