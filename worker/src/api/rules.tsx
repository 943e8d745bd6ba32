import { INCIDENT_KINDS } from "@afloat/shared/domain";
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { tellAlerts } from "../alerts/tell-alerts.ts";
import { may } from "../auth/roles.ts";
import { MaintenanceRecords } from "../maintenance/maintenance-records.ts";
import type { Previewed } from "../pages/rule-preview.tsx";
import { EditRulePage, RulesPage } from "../pages/rules-page.tsx";
import { previewOf } from "../rules/core/preview.ts";
import {
  NO_RULE,
  parseRule,
  type RuleFaults,
  STEPS,
  type TypedRule,
  typedRule,
  type WantedRule,
} from "../rules/core/wanted-rule.ts";
import { RuleRecords, RULES_LIMIT } from "../rules/rule-records.ts";
import { readSetup } from "../rules/read-setup.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";
import { isJson, readTyped, typedList, typedText, wrong } from "./typed.ts";

const form = v.looseObject({
  ...{ name: typedText, kinds: typedList, hosts: typedText, services: typedText, tags: typedText },
  ...{ severity: typedText, tell: v.fallback(v.string(), "these"), reminder: typedText, confirm: typedText },
  group: v.fallback(v.string(), "host"),
  steps: v.fallback(v.optional(v.array(v.object({ after: typedText, channels: typedList }))), undefined),
});

const asked = v.object({
  kind: v.fallback(v.picklist(INCIDENT_KINDS), "restart-loop"),
  host: v.fallback(v.pipe(v.string(), v.trim()), ""),
  service: v.fallback(v.pipe(v.string(), v.trim()), ""),
});

/** Who is told of what. All behind `signedIn`. Forms and JSON say the same; JSON is answered with JSON. */
export const ruleRoutes = new Hono<Guarded>();

ruleRoutes.get("/app/rules", allowed("rule:view"), (c) => page(c, { typed: NO_RULE, faults: {} }));

ruleRoutes.get("/app/rules.json", allowed("rule:view"), async (c) => {
  const known = await knownTo(c);
  const rules = (await recordsOf(c).list()).map((rule) => ({ id: rule.id, ...typedRule(rule, known) }));
  const channels = known.channels.map(({ id, name, isOff }) => ({ id, name, isOff }));
  return c.json({ rules, channels, preview: await previewedBy(c, known) });
});

ruleRoutes.post("/app/rules", fromOurPages, allowed("rule:edit"), async (c) => {
  const typed = await typedBy(c);
  return understood(
    c,
    typed,
    (faults) => page(c, { typed, faults }),
    async (wanted) => {
      const id = await recordsOf(c).add(wanted, actorOf(c), Date.now());
      if (id === null)
        return problem(c, 409, "too-many-rules", `an organization has at most ${RULES_LIMIT} rules: remove one first`);
      return done(c, { id }, 201);
    },
  );
});

ruleRoutes.get("/app/rules/:id", allowed("rule:edit"), async (c) => {
  const rule = await recordsOf(c).one(c.req.param("id"));
  return rule === null ? unknown(c) : editPage(c, { typed: typedRule(rule, await knownTo(c)), faults: {} });
});

ruleRoutes.post("/app/rules/:id", fromOurPages, allowed("rule:edit"), async (c) => {
  const typed = await typedBy(c);
  const id = c.req.param("id");
  return understood(
    c,
    typed,
    (faults) => editPage(c, { typed, faults }),
    async (wanted) =>
      (await recordsOf(c).change(id, wanted, actorOf(c), Date.now())) ? done(c, { id }, 200) : unknown(c),
  );
});

ruleRoutes.post("/app/rules/:id/move", fromOurPages, allowed("rule:edit"), async (c) => {
  const to = v.safeParse(v.object({ to: v.picklist(["up", "down"]) }), await readTyped(c));
  if (!to.success) return problem(c, 400, "bad-request", "expected `to` to be up or down");
  const moved = await recordsOf(c).move(c.req.param("id"), to.output.to, actorOf(c), Date.now());
  return moved ? done(c, { moved }, 200) : unknown(c);
});

ruleRoutes.post("/app/rules/:id/remove", fromOurPages, allowed("rule:edit"), async (c) => {
  const removed = await recordsOf(c).remove(c.req.param("id"), actorOf(c), Date.now());
  return removed ? done(c, { removed }, 200) : unknown(c);
});

type Shown = { typed: TypedRule; faults: RuleFaults };

/** Does it where what was typed is understood; else shows all that is wrong beside what was typed. */
async function understood(
  c: Context<Guarded>,
  typed: TypedRule,
  again: (faults: RuleFaults) => Promise<Response>,
  act: (wanted: WantedRule) => Promise<Response>,
): Promise<Response> {
  const parsed = parseRule(typed, await knownTo(c));
  if (parsed.kind === "wanted") return act(parsed.wanted);
  return isJson(c) ? wrong(c, parsed.faults) : again(parsed.faults);
}

async function page(c: Context<Guarded>, shown: Shown): Promise<Response> {
  const [rules, known] = await Promise.all([recordsOf(c).list(), knownTo(c)]);
  const { organization, person, role } = c.get("scope");
  const nonce = c.get("secureHeadersNonce") ?? "";
  const previewed = await previewedBy(c, known);
  const props = { nonce, organization, person, role, known, rules, previewed, ...shown };
  const untold = c.req.query("untold") !== undefined;
  return c.html(<RulesPage {...props} mayEdit={may(role, "rule:edit")} untold={untold} />, statusOf(shown));
}

async function editPage(c: Context<Guarded>, shown: Shown): Promise<Response> {
  const { organization, person, role } = c.get("scope");
  const nonce = c.get("secureHeadersNonce") ?? "";
  const props = { nonce, organization, person, role, known: await knownTo(c), id: c.req.param("id") ?? "", ...shown };
  return c.html(<EditRulePage {...props} />, statusOf(shown));
}

function statusOf({ faults }: Shown): 200 | 400 {
  return Object.keys(faults).length === 0 ? 200 : 400;
}

type Known = Awaited<ReturnType<typeof knownTo>>;

async function knownTo(c: Context<Guarded>) {
  const { id } = c.get("scope").organization;
  const [coverable, setup] = await Promise.all([
    new MaintenanceRecords(c.env.DB, id).coverable(),
    readSetup(c.env.DB, id, Date.now()),
  ]);
  return { ...coverable, setup, channels: setup.channels };
}

/** Who would be told of what the address asks about. */
async function previewedBy(c: Context<Guarded>, { hosts, setup }: Known): Promise<Previewed> {
  const { kind, host: name, service } = v.parse(asked, { kind: null, ...c.req.query() });
  const question = { kind, host: name, service };
  if (name === "") return { ...question, fault: null, preview: null };
  const host = hosts.find((each) => each.name === name);
  if (host === undefined) return { ...question, fault: `there is no host \`${name}\``, preview: null };
  const of = { kind, host: { ...host, tags: [...host.tags] }, serviceName: service === "" ? null : service };
  return { ...question, fault: null, preview: previewOf(setup, of, Date.now()) };
}

/** As JSON has it; of a form each step is fields of its own: `after0`, `channels0`. */
async function typedBy(c: Context<Guarded>): Promise<TypedRule> {
  const said = v.parse(form, await readTyped(c));
  const { name, kinds, hosts, services, tags, severity, tell, reminder, confirm, group } = said;
  const fields = Array.from({ length: STEPS }, (_, i) => ({
    after: v.parse(typedText, said[`after${i}`]),
    channels: v.parse(typedList, said[`channels${i}`]),
  }));
  const steps = said.steps ?? fields;
  return { name, kinds, hosts, services, tags, severity, tell, reminder, confirm, group, steps };
}

function recordsOf(c: Context<Guarded>): RuleRecords {
  return new RuleRecords(c.env.DB, c.get("scope").organization.id);
}

function actorOf(c: Context<Guarded>) {
  return { kind: "person" as const, ...c.get("scope").person };
}

/** What decides about alerts is told, then whoever asked is. */
async function done(c: Context<Guarded>, answer: object, status: 200 | 201): Promise<Response> {
  const told = await tellAlerts(c.env, c.get("scope").organization.id);
  if (isJson(c)) return c.json({ ...answer, told }, status);
  return c.redirect(told ? "/app/rules" : "/app/rules?untold", 303);
}

function unknown(c: Context<Guarded>): Response {
  return problem(c, 404, "no-such-rule", "there is no such rule");
}
