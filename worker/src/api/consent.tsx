import { type Context, Hono } from "hono";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SecureHeadersVariables } from "hono/secure-headers";
import { tellAlerts } from "../alerts/tell-alerts.ts";
import { ChannelRecords } from "../channels/channel-records.ts";
import { type ChannelRow, openChannel } from "../channels/channel-store.ts";
import { type ConsentPurpose, isConsentFor, readConsent } from "../channels/consent.ts";
import { organization } from "../db/auth-schema.ts";
import type { Env } from "../env.ts";
import { ConsentPage } from "../pages/consent-page.tsx";
import type { Actor } from "../tenancy/records.ts";

interface ConsentContext {
  Bindings: Env;
  Variables: SecureHeadersVariables;
}

/**
 * Whoever reads an address agrees to alerts, or stops them, without signing in: the link that the mail to it carried is the right to. Opening
 * it does nothing, since mail readers and scanners open links; the button does, and so does one press in the mail reader (RFC 8058).
 */
export const consentRoutes = new Hono<ConsentContext>();

consentRoutes.get("/alerts-by-mail/:token", async (c) => {
  const found = await find(c);
  if (found === null) return show(c, { kind: "unknown" }, 404);
  const { address, organizationName, purpose } = found;
  return show(c, { kind: "ask", purpose, address, organizationName });
});

consentRoutes.post("/alerts-by-mail/:token", async (c) => {
  const found = await find(c);
  if (found === null) return show(c, { kind: "unknown" }, 404);
  const { row, records, address, organizationName, purpose } = found;
  const nowMs = Date.now();
  const actor: Actor = { kind: "system", id: row.id, name: address };
  // What was switched off by a person of the organization meanwhile is not switched on from here.
  const isNews = purpose === "agree" ? row.confirmedMs === null : row.confirmedMs !== null;
  if (isNews && purpose === "agree")
    await records.change(row.id, { confirmedMs: nowMs, disabledMs: null }, "agreed", actor, nowMs);
  if (isNews && purpose === "stop")
    await records.change(row.id, { confirmedMs: null, disabledMs: nowMs }, "stopped", actor, nowMs);
  if (isNews) await tellAlerts(c.env, records.organizationId);
  return show(c, { kind: "done", purpose, address, organizationName });
});

export type ConsentView =
  | { kind: "unknown" }
  | { kind: "ask" | "done"; purpose: ConsentPurpose; address: string; organizationName: string };

function show(c: Context<ConsentContext>, view: ConsentView, status: 200 | 404 = 200): Response | Promise<Response> {
  return c.html(<ConsentPage nonce={c.get("secureHeadersNonce") ?? ""} view={view} />, status);
}

interface Found {
  row: ChannelRow;
  records: ChannelRecords;
  address: string;
  organizationName: string;
  purpose: ConsentPurpose;
}

/** The channel that the link is about, as long as it has the address to which the link went. */
async function find(c: Context<ConsentContext>): Promise<Found | null> {
  const token = c.req.param("token") ?? "";
  const read = readConsent(token, Date.now());
  if (read === null) return null;
  const { organizationId, channelId, purpose } = read;
  const records = new ChannelRecords(c.env.DB, organizationId);
  const row = await records.one(channelId);
  if (row === null) return null;
  const opened = await openChannel(c.env.AFLOAT_SECRET, row);
  const address = opened.kind === "open" ? opened.settings.asks : null;
  if (address === null) return null;
  if (!(await isConsentFor(c.env.AFLOAT_SECRET, token, { organizationId, channelId, address }))) return null;
  const [owner] = await drizzle(c.env.DB)
    .select({ name: organization.name })
    .from(organization)
    .where(eq(organization.id, organizationId));
  return owner === undefined ? null : { row, records, address, organizationName: owner.name, purpose };
}
