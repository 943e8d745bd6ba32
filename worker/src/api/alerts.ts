import { type Context, Hono } from "hono";
import * as v from "valibot";
import { acknowledge } from "../alerts/acknowledge.ts";
import { sendAgain } from "../alerts/again.ts";
import { AlertSettings, RULES } from "../alerts/settings-records.ts";
import { parseMatcher, parseRule } from "../alerts/settings.ts";
import { tellAlerts } from "../alerts/tell-alerts.ts";
import type { Actor } from "../tenancy/records.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem, readJson } from "./problem.ts";

const BODY_LIMIT_BYTES = 64 * 1024;
/** A silence lasts so long at most, milliseconds: what is to be quiet for good is a rule. */
const SILENCE_MAX_MS = 30 * 86_400_000;

const ruleBody = v.object({
  id: v.optional(v.nullable(v.string())),
  position: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000)),
  rule: v.unknown(),
});
const silenceBody = v.object({
  match: v.unknown(),
  reason: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(500)),
  startsAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  endsAt: v.pipe(v.string(), v.isoTimestamp()),
});

/** What people say about alerts: that they look after one, whom to tell of what, when to be quiet. All behind `signedIn`; JSON. */
export const alertRoutes = new Hono<Guarded>();

alertRoutes.post("/app/incident/:id/acknowledge", fromOurPages, allowed("incident:acknowledge"), async (c) => {
  const { organization } = c.get("scope");
  const of = { organizationId: organization.id, incidentId: c.req.param("id") };
  const done = await acknowledge(c.env, of, { via: "page", actor: actorOf(c) });
  if (done.kind === "unknown") return problem(c, 404, "no-such-incident", "there is no such incident here");
  if (isPage(c)) return c.redirect(`/app/incident/${of.incidentId}`, 303);
  return c.json(done.kind === "over" ? { over: true } : { acknowledgedBy: done.byName });
});

alertRoutes.post("/app/notices/:notice/again/:channel", fromOurPages, allowed("channel:edit"), async (c) => {
  const of = { noticeId: c.req.param("notice"), channelId: c.req.param("channel") };
  if (!(await sendAgain(c.env, c.get("scope").organization.id, of, actorOf(c)))) {
    return problem(c, 404, "no-such-message", "there is no such message, or the channel is off");
  }
  return isPage(c) ? c.redirect(`/app/channels/${of.channelId}`, 303) : c.json({ sentAgain: true }, 202);
});

alertRoutes.get("/app/alert-rules.json", allowed("channel:view"), async (c) => {
  const rules = await settingsOf(c).rules();
  return c.json({ rules: rules.map(({ id, position, rule }) => ({ id, position, rule })) });
});

alertRoutes.post("/app/alert-rules", fromOurPages, allowed("channel:edit"), async (c) => {
  const body = v.safeParse(ruleBody, await readJson(c.req.raw, BODY_LIMIT_BYTES));
  if (!body.success) return problem(c, 400, "not-a-rule", "expected { id?, position, rule }");
  const rule = parseRule(body.output.rule);
  if (rule.kind === "fault") return problem(c, 400, "not-a-rule", rule.text);
  const { id = null, position } = body.output;
  const put = await settingsOf(c).putRule({ id, position, rule: rule.value }, actorOf(c), Date.now());
  if (put === null) return problem(c, 404, "no-such-rule", `there is no such rule, or there are ${RULES} already`);
  await tellAlerts(c.env, c.get("scope").organization.id);
  return c.json({ id: put }, 201);
});

alertRoutes.post("/app/alert-rules/:id/remove", fromOurPages, allowed("channel:edit"), async (c) => {
  const removed = await settingsOf(c).removeRule(c.req.param("id"), actorOf(c), Date.now());
  if (!removed) return problem(c, 404, "no-such-rule", "there is no such rule");
  await tellAlerts(c.env, c.get("scope").organization.id);
  return c.json({ removed: true });
});

alertRoutes.get("/app/silences.json", allowed("channel:view"), async (c) => {
  const silences = await settingsOf(c).silences();
  return c.json({
    silences: silences.map(({ id, matcher: match, reason, byName, startsMs, endsMs }) => ({
      ...{ id, match, reason, by: byName },
      ...{ startsAt: new Date(startsMs).toISOString(), endsAt: new Date(endsMs).toISOString() },
    })),
  });
});

alertRoutes.post("/app/silences", fromOurPages, allowed("incident:acknowledge"), async (c) => {
  const body = v.safeParse(silenceBody, await readJson(c.req.raw, BODY_LIMIT_BYTES));
  if (!body.success) return problem(c, 400, "not-a-silence", "expected { match, reason, startsAt?, endsAt }");
  const match = parseMatcher(body.output.match);
  if (match.kind === "fault") return problem(c, 400, "not-a-silence", match.text);
  const nowMs = Date.now();
  const startsMs = Math.max(nowMs, Date.parse(body.output.startsAt ?? "") || nowMs);
  const endsMs = Date.parse(body.output.endsAt);
  if (endsMs <= startsMs || endsMs - startsMs > SILENCE_MAX_MS) {
    return problem(c, 400, "not-a-silence", "expected an end after its beginning, and 30 days at most");
  }
  const of = { matcher: match.value, reason: body.output.reason, startsMs, endsMs };
  const id = await settingsOf(c).addSilence(of, actorOf(c), nowMs);
  await tellAlerts(c.env, c.get("scope").organization.id);
  return c.json({ id }, 201);
});

alertRoutes.post("/app/silences/:id/end", fromOurPages, allowed("incident:acknowledge"), async (c) => {
  const ended = await settingsOf(c).endSilence(c.req.param("id"), actorOf(c), Date.now());
  if (!ended) return problem(c, 404, "no-such-silence", "there is no such silence that holds");
  await tellAlerts(c.env, c.get("scope").organization.id);
  return c.json({ ended: true });
});

function settingsOf(c: Context<Guarded>): AlertSettings {
  return new AlertSettings(c.env.DB, c.get("scope").organization.id);
}

function actorOf(c: Context<Guarded>): Actor {
  return { kind: "person", ...c.get("scope").person };
}

/** A form of a page of ours. */
function isPage(c: Context<Guarded>): boolean {
  return (c.req.header("accept") ?? "").includes("text/html");
}
