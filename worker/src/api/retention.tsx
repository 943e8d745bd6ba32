import type { Context } from "hono";
import { Hono } from "hono";
import * as v from "valibot";
import { RetentionPage, type RetentionNews } from "../pages/retention-page.tsx";
import { type Retention, RETENTION_FIELDS, retentionFaults, shortened } from "../retention/core/retention.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem, readJson } from "./problem.ts";

const BODY_LIMIT_BYTES = 4096;
const days = v.pipe(v.union([v.string(), v.number()]), v.transform(Number));
const wanted = v.object({
  ...{ flipDays: days, uptimeDays: days, incidentDays: days, auditDays: days },
  /** That rows which are too old then are removed for good. */
  sure: v.optional(v.union([v.boolean(), v.literal("yes")])),
});

/** How long the organization keeps what: a page with a form, and the same as JSON. All behind `signedIn`. */
export const retentionRoutes = new Hono<Guarded>();

retentionRoutes.get("/app/retention", allowed("retention:edit"), async (c) =>
  page(c, await c.get("records").retention(), c.req.query("kept") === undefined ? { kind: "none" } : { kind: "kept" }),
);

retentionRoutes.post("/app/retention", fromOurPages, allowed("retention:edit"), async (c) => {
  const asked = v.safeParse(wanted, Object.fromEntries(await c.req.formData()));
  const before = await c.get("records").retention();
  if (!asked.success) return page(c, before, { kind: "faults", faults: [{ key: null, text: EXPECTED }] }, 400);
  const { sure, ...after } = asked.output;
  const faults = retentionFaults(after);
  if (faults.length > 0) return page(c, after, { kind: "faults", faults }, 400);
  const lost = shortened(before, after);
  if (lost.length > 0 && sure !== "yes") return page(c, after, { kind: "asks", lost, before }, 409);
  await write(c, after);
  return c.redirect("/app/retention?kept", 303);
});

retentionRoutes.get("/app/retention.json", allowed("retention:edit"), async (c) =>
  c.json(await c.get("records").retention()),
);

retentionRoutes.put("/app/retention.json", fromOurPages, allowed("retention:edit"), async (c) => {
  const asked = v.safeParse(wanted, await readJson(c.req.raw, BODY_LIMIT_BYTES));
  if (!asked.success) return problem(c, 400, "bad-request", EXPECTED);
  const { sure, ...after } = asked.output;
  const faults = retentionFaults(after);
  if (faults.length > 0) return problem(c, 400, "bad-request", faults.map(({ text }) => text).join("; "));
  const lost = shortened(await c.get("records").retention(), after);
  if (lost.length > 0 && sure !== true) {
    const names = lost.map(({ name }) => name).join(", ");
    return problem(c, 409, "would-remove", `rows would be removed for good (${names}); ask again with "sure": true`);
  }
  await write(c, after);
  return c.json(after);
});

const EXPECTED = `expected a number of days for each of ${RETENTION_FIELDS.map(({ key }) => key).join(", ")}`;

async function write(c: Context<Guarded>, after: Retention): Promise<void> {
  const { person } = c.get("scope");
  await c.get("records").keepFor(after, { kind: "person", ...person }, Date.now());
}

function page(c: Context<Guarded>, shown: Retention, news: RetentionNews, status: 200 | 400 | 409 = 200) {
  const { organization, person, role } = c.get("scope");
  const nonce = c.get("secureHeadersNonce") ?? "";
  return c.html(<RetentionPage {...{ nonce, organization, person, role, shown, news }} />, status);
}
