import { env, exports } from "cloudflare:workers";
import type { IncidentKind, PublicStatus } from "@afloat/shared/domain";
import { eq } from "drizzle-orm";
import { freshId } from "../src/auth/ids.ts";
import { flip, host as hostTable, incident, service, statusPage } from "../src/db/schema.ts";
import { db, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { snapshot } from "./test-agent.ts";

/** The ground of tests of the public page: a published one, of an organization with a host that is online. */

export const DAY = 86_400_000;

export interface TestPage {
  host: TestHost;
  slug: string;
  pageId: string;
}

export async function makePage(): Promise<TestPage> {
  const host = await makeHost(await makeOrganization(), "secret-host");
  await db().update(hostTable).set({ link: "online" }).where(eq(hostTable.id, host.id));
  const slug = `p${freshId()}`;
  const pageId = freshId();
  const page = { id: pageId, organizationId: host.organizationId, slug, title: "Aurora", shows: "all" as const };
  await db()
    .insert(statusPage)
    .values({ ...page, publishedMs: 1, createdMs: 1 });
  return { host, slug, pageId };
}

/** Known for ten days, and operational, unless said otherwise. */
export async function addService(
  host: TestHost,
  name: string,
  changes: Partial<typeof service.$inferInsert> = {},
): Promise<string> {
  const id = `${host.id}.${name}`;
  const { organizationId, id: hostId } = host;
  const shown = snapshot({ name });
  await db()
    .insert(service)
    .values({
      ...{ id, organizationId, hostId, name, snapshot: shown, publicStatus: "operational", seq: 1 },
      ...{ createdMs: Date.now() - 10 * DAY, ...changes },
    });
  return id;
}

/** A recorded change of a service. */
export async function addFlip(host: TestHost, subjectId: string, atMs: number, publicStatus: PublicStatus) {
  const row = { subjectId, atMs, journalId: "j", seq: atMs, organizationId: host.organizationId, publicStatus };
  await db()
    .insert(flip)
    .values({ ...row, verdict: "v", reasonCode: "r", reason: "secret reason" });
}

/** A recorded change of the host's link. */
export async function addLink(host: TestHost, atMs: number, verdict: "online" | "silent") {
  const row = { subjectId: host.id, atMs, journalId: "fleet", seq: atMs, organizationId: host.organizationId, verdict };
  const publicStatus = verdict === "online" ? "operational" : "unknown";
  await db()
    .insert(flip)
    .values({ ...row, reasonCode: verdict, reason: "secret reason", publicStatus });
}

/** Recorded changes of a subject, one each minute unless said otherwise, the last at `untilMs`; down and up in turns, in the end up. */
export async function addFlips(host: TestHost, subjectId: string, count: number, untilMs: number, everyMs = 60_000) {
  await env.DB.prepare(
    `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?1)
     insert into flip (subject_id, at_ms, journal_id, seq, organization_id, verdict, reason_code, reason, public_status)
     select ?2, ?3 - i * ?5, 'j', ?1 - i, ?4, iif(i % 2, 'silent', 'online'), 'r', 'r', iif(i % 2, 'outage', 'operational')
     from n`,
  )
    .bind(count, subjectId, untilMs, host.organizationId, everyMs)
    .run();
}

/** Opened a minute ago, and still open, unless said otherwise. */
export async function addIncident(
  host: TestHost,
  subjectId: string,
  kind: IncidentKind,
  times: { openedMs?: number; closedMs?: number } = {},
) {
  const { organizationId, id: hostId } = host;
  const evidence = { lastLines: ["secret line"], exit: null, restarts: 4, spanMs: 1, causeCode: null };
  const row = { id: freshId(), organizationId, kind, subjectId, hostId, title: "secret title", cause: "secret cause" };
  await db()
    .insert(incident)
    .values({ ...row, openedMs: Date.now() - 60_000, evidence, ...times });
}

export interface PageJson {
  status: string;
  sentence: string;
  components: { name: string; group: string | null; status: string; uptime: number | null; days: number }[];
  incidents: { title: string; openedAt: string; closedAt: string | null }[];
}

export const getPath = (path: string, headers = {}) => exports.default.fetch(`https://afloat.test${path}`, { headers });
export const htmlOf = async ({ slug }: TestPage) => (await getPath(`/s/${slug}`)).text();
export const jsonOf = async ({ slug }: TestPage): Promise<PageJson> =>
  JSON.parse(await (await getPath(`/s/${slug}.json`)).text());
