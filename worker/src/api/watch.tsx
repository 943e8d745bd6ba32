import { type Context, Hono } from "hono";
import * as v from "valibot";
import { readStanding } from "../alerts/read-standing.ts";
import type { Standing } from "../alerts/alerts.ts";
import { may } from "../auth/roles.ts";
import { seal, unseal } from "../channels/seal.ts";
import { dayOf } from "../deliveries/core/lag.ts";
import { readDay } from "../deliveries/read-day.ts";
import { callNow } from "../heartbeats/call-due.ts";
import type { Called } from "../heartbeats/call-heartbeat.ts";
import { isForgotten, parseInterval, MINUTES, type Run, shownUrl } from "../heartbeats/core/heartbeat.ts";
import { HeartbeatRecords, type HeartbeatRow } from "../heartbeats/heartbeat-records.ts";
import { faultOfUrl } from "../outgoing/core/destination.ts";
import { reachOf } from "../outgoing/reach.ts";
import type { HeartbeatNews, HeartbeatView } from "../pages/heartbeat-section.tsx";
import { WatchPage } from "../pages/watch-page.tsx";
import { readHealth } from "../pulse/read-health.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";
import { isJson, readTyped, wrong } from "./typed.ts";

/** So often in a minute: the button shows what a stranger's server answers, and is no tool to ask with. */
const TESTS_A_MINUTE = 10;

const form = v.object({
  url: v.fallback(v.pipe(v.string(), v.trim()), ""),
  minutes: v.fallback(
    v.pipe(
      v.union([v.string(), v.number()]),
      v.transform((said) => String(said)),
    ),
    "",
  ),
});

/** Whether alerts are told, and the heartbeat by which somebody outside notices that they are not. All behind `signedIn`. */
export const watchRoutes = new Hono<Guarded>();

watchRoutes.get("/app/watch", allowed("fleet:view"), (c) =>
  page(c, c.req.query("set") === undefined ? { kind: "none" } : { kind: "set" }),
);

watchRoutes.get("/app/watch.json", allowed("fleet:view"), async (c) => c.json(await watched(c, Date.now())));

watchRoutes.post("/app/watch/heartbeat", fromOurPages, allowed("heartbeat:edit"), async (c) => {
  const typed = v.parse(form, await readTyped(c));
  const faults = await faultsOf(c, typed);
  const intervalMs = parseInterval(typed.minutes);
  if (intervalMs === null || Object.keys(faults).length > 0) {
    return isJson(c) ? wrong(c, faults) : page(c, { kind: "faults", typed, faults }, 400);
  }
  const sealedUrl = typed.url === "" ? null : await seal(c.env.AFLOAT_SECRET, typed.url);
  const isSet = await recordsOf(c).set({ sealedUrl, intervalMs }, actorOf(c), Date.now());
  if (!isSet) return none(c);
  return isJson(c) ? c.json({ set: true }) : c.redirect("/app/watch?set", 303);
});

watchRoutes.post("/app/watch/heartbeat/test", fromOurPages, allowed("heartbeat:edit"), async (c) => {
  const [records, nowMs] = [recordsOf(c), Date.now()];
  const row = await records.one();
  if (row === null) return none(c);
  if ((await records.countSince("tested", nowMs - 60_000)) >= TESTS_A_MINUTE) {
    return problem(c, 429, "too-often", "expected at most 10 tests in a minute: wait a moment");
  }
  await records.note("tested", {}, actorOf(c), nowMs);
  const called = await callNow(c.env, row, nowMs);
  return isJson(c) ? c.json(asJson(called)) : page(c, { kind: "tested", called });
});

watchRoutes.post("/app/watch/heartbeat/remove", fromOurPages, allowed("heartbeat:edit"), async (c) => {
  if (!(await recordsOf(c).remove(actorOf(c), Date.now()))) return none(c);
  return isJson(c) ? c.json({ removed: true }) : c.redirect("/app/watch", 303);
});

async function page(c: Context<Guarded>, news: HeartbeatNews, status: 200 | 400 = 200): Promise<Response> {
  const { organization, person, role } = c.get("scope");
  const nowMs = Date.now();
  const shown = { nonce: c.get("secureHeadersNonce") ?? "", organization, person, role };
  const props = { ...shown, news, nowMs, ...(await watched(c, nowMs)) };
  return c.html(<WatchPage {...props} mayEdit={may(role, "heartbeat:edit")} />, status);
}

/** All that the page shows. What does not answer is null: the rest is shown all the same. */
async function watched(c: Context<Guarded>, nowMs: number) {
  const { id } = c.get("scope").organization;
  const [rows, standing, row, server] = await Promise.all([
    readDay(c.env.DB, id, nowMs),
    standingOf(c),
    recordsOf(c).one(),
    readHealth(c.env.DB, nowMs),
  ]);
  return { day: dayOf(rows), standing, server, heartbeat: row === null ? null : await viewOf(c, row, nowMs) };
}

/** What its channels answered is for those who may see channels. */
async function standingOf(c: Context<Guarded>): Promise<Standing["channels"] | null> {
  const { organization, role } = c.get("scope");
  const standing = await readStanding(c.env, organization.id);
  if (standing === null || may(role, "channel:view")) return standing?.channels ?? null;
  return standing.channels.map((each) => ({ ...each, lastAnswer: null }));
}

async function viewOf(c: Context<Guarded>, row: HeartbeatRow, nowMs: number): Promise<HeartbeatView> {
  const { sealedUrl, intervalMs, nextMs, calledMs, heardMs, answer, runs } = row;
  const url = await unseal(c.env.AFLOAT_SECRET, sealedUrl);
  const where = url === null ? null : shownUrl(url);
  const isOurs = may(c.get("scope").role, "channel:view");
  return {
    ...{ where: isOurs ? where : null, intervalMs, nextMs, calledMs, heardMs },
    runs: isOurs ? (runs ?? []) : (runs ?? []).map(withoutAnswer),
    answer: isOurs ? answer : null,
    isForgotten: isForgotten(nextMs, nowMs),
  };
}

/** What the receiver said, and where it is, is for those who may see channels. */
function withoutAnswer(run: Run): Run {
  return run.kind === "unheard" ? { ...run, words: "its receiver gave no good answer" } : run;
}

async function faultsOf(c: Context<Guarded>, { url, minutes }: v.InferOutput<typeof form>) {
  const faults: { url?: string; minutes?: string } = {};
  const isKept = url === "" && (await recordsOf(c).one()) !== null;
  const fault = isKept ? null : faultOfUrl(url, reachOf(c.env));
  if (fault !== null) faults.url = fault;
  if (parseInterval(minutes) === null) {
    faults.minutes = `expected ${MINUTES.least} to ${MINUTES.most} whole minutes, got \`${minutes.slice(0, 20)}\``;
  }
  return faults;
}

function asJson({ attempt, answer }: Called) {
  const { atMs, kind, words } = attempt;
  return { at: new Date(atMs).toISOString(), outcome: kind, words, answer };
}

function recordsOf(c: Context<Guarded>): HeartbeatRecords {
  return new HeartbeatRecords(c.env.DB, c.get("scope").organization.id);
}

function actorOf(c: Context<Guarded>) {
  return { kind: "person" as const, ...c.get("scope").person };
}

function none(c: Context<Guarded>): Response {
  return problem(c, 404, "no-heartbeat", "there is no heartbeat out yet: give it an address first");
}
