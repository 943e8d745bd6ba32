import { PUBLIC_STATUSES } from "@afloat/shared/domain";
import { Hono } from "hono";
import { freshSecret, sha256 } from "../auth/ids.ts";
import type { Env } from "../env.ts";
import { PageCache } from "./page-cache.ts";
import { readStatusFacts } from "./status-facts.ts";
import { NoStatusPage, StatusPage } from "./status-page.tsx";
import { type StatusView, statusViewOf } from "./status-view.ts";

/** The hosted status pages. They read D1 through a short cache, and know nobody: no cookie, no session. */
export const statusRoutes = new Hono<{ Bindings: Env }>();

const DEFAULT_CACHE_MS = 500;
const cache = new PageCache<StatusView | null>(500);

statusRoutes.get("/s/:page", async (c) => {
  const asked = c.req.param("page");
  const json = asked.endsWith(".json");
  const slug = json ? asked.slice(0, -".json".length) : asked;
  const view = await cachedView(c.env, slug);
  const nonce = freshSecret();
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Referrer-Policy", "no-referrer");
  if (view === null) {
    c.header("Cache-Control", "no-cache");
    if (json) return c.json({ error: { code: "not-found", message: "there is no status page by this name" } }, 404);
    c.header("Content-Security-Policy", policy(nonce));
    return c.html(<NoStatusPage nonce={nonce} />, 404);
  }
  const tag = `"${await tagOf(view)}"`;
  const maxAge = Math.floor(cacheMs(c.env) / 1000);
  c.header("ETag", tag);
  c.header("Cache-Control", maxAge > 0 ? `public, max-age=${maxAge}` : "no-cache");
  if (c.req.header("if-none-match") === tag) return c.body(null, 304);
  if (json) {
    c.header("Access-Control-Allow-Origin", "*");
    return c.json(jsonOf(view));
  }
  c.header("Content-Security-Policy", policy(nonce));
  return c.html(<StatusPage view={view} nonce={nonce} />);
});

async function cachedView(env: Env, slug: string): Promise<StatusView | null> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug)) return null;
  return cache.get(slug, Date.now(), cacheMs(env), async () => {
    const nowMs = Date.now();
    const facts = await readStatusFacts(env.DB, slug, nowMs);
    return facts === null ? null : statusViewOf(facts, nowMs);
  });
}

function cacheMs(env: Env): number {
  const set = Number(env.STATUS_CACHE_MS ?? DEFAULT_CACHE_MS);
  return Number.isFinite(set) && set >= 0 ? set : DEFAULT_CACHE_MS;
}

/** Changes with what is said, not with the clock: uptime to two decimals and whole seconds of bars move all the time. */
function tagOf(view: StatusView): Promise<string> {
  const said = view.groups.map(({ name, components }) => [
    name,
    components.map((component) => [
      component.name,
      component.status,
      component.looping,
      component.uptime,
      component.days.length,
    ]),
  ]);
  return sha256(JSON.stringify([view.title, view.sentence, said, view.incidents, view.maintenance]));
}

/** Stable for machines: fields are added, never renamed. */
function jsonOf(view: StatusView) {
  return {
    page: { title: view.title, slug: view.slug },
    status: view.status,
    sentence: view.sentence,
    asOf: new Date(view.asOfMs).toISOString(),
    components: view.groups.flatMap(({ name: group, components }) =>
      components.map(({ name, status, uptime, days, measuredDays, timeIn }) => ({
        ...{ name, group, status, uptime, days: days.length, measuredDays },
        // What the percent is made of: (operational + degraded_performance) of these and outage, over all the days.
        seconds: Object.fromEntries(PUBLIC_STATUSES.map((held) => [held, Math.floor(timeIn[held] / 1000)])),
      })),
    ),
    maintenance: view.maintenance.map(({ title, note, standing, startsMs, endsMs, timeZone, components }) => ({
      ...{ title, note, status: standing, timeZone, components: components ?? "all" },
      startsAt: new Date(startsMs).toISOString(),
      endsAt: new Date(endsMs).toISOString(),
    })),
    incidents: view.incidents.map(({ title, component, status, openedMs, closedMs }) => ({
      ...{ title, component, status },
      openedAt: new Date(openedMs).toISOString(),
      closedAt: closedMs === null ? null : new Date(closedMs).toISOString(),
    })),
  };
}

function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
