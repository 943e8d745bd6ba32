import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { makeChannel, makeHost, makeRule, type TestHost } from "../test/ground.ts";
import { MovedAlerts } from "../test/alerts/moved-alerts.ts";
import { Outside } from "../test/alerts/receiver.ts";
import { say } from "./counted-database.ts";
import { toldOf } from "./told-of.ts";

/** A bad hour of an organization's alerts, in moved time. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const LONG_MS = 600_000;

const HOSTS = 100;
/** In an hour. */
const MANY = 10_000;
const FEW = 100;
/** How long an incident stands. */
const STANDS_MS = { least: 10 * SECOND_MS, most: 10 * MINUTE_MS };

let outside: Outside;

beforeEach(() => {
  outside = new Outside();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it(`an hour with ${MANY} incidents, between two quiet ones, is counted`, { timeout: LONG_MS }, async () => {
  const before = await hourOf(FEW);
  const busy = await hourOf(MANY);
  const after = await hourOf(FEW);
  expect(busy.told.incidents).toBe(MANY);
  const quietMs = p95([...before.tookMs, ...after.tookMs]);
  say({ many: { ...busy.told, newsMs: p95(busy.tookMs), quietMs } });
});

it("receivers that are away for an hour are counted", { timeout: LONG_MS }, async () => {
  const moved = await MovedAlerts.make();
  const urls = ["https://a.test/", "https://b.test/", "https://c.test/"];
  const { organizationId } = moved;
  const channels: { url: string; channelId: string }[] = [];
  for (const url of urls) {
    channels.push({ url, channelId: await makeChannel(organizationId, url) });
    outside.answers(url, () => new Response(null, { status: 503 }));
  }
  // Each incident for itself: as many messages as there may be.
  await makeRule(organizationId, { group: "none", reminderMs: null });
  const count = 200;
  for (let i = 0; i < count; i++) {
    await moved.happens(`i${i}`, "opened");
    await moved.pass(HOUR_MS / count / 2);
    await moved.happens(`i${i}`, "closed");
    await moved.pass(HOUR_MS / count / 2);
  }
  outside.received.length = 0;
  for (const url of urls) outside.hears(url);
  const backMs = Date.now();
  await moved.pass(10 * MINUTE_MS);
  const lastMs = Math.max(...outside.received.map(({ atMs }) => atMs)) - backMs;
  const told = await Promise.all(
    channels.map(({ url, channelId }) => toldOf({ organizationId, channelId }, outside.at(url))),
  );
  const sum = (of: "lost" | "doubled" | "disordered") => told.reduce((all, each) => all + each[of], 0);
  const wrong = { lost: sum("lost"), doubled: sum("doubled"), disordered: sum("disordered") };
  say({ away: { ...wrong, messages: outside.received.length, lastMs } });
});

/** An hour of an organization of its own, and how long its Fleets waited for each of its news to be taken. */
async function hourOf(incidents: number) {
  const moved = await MovedAlerts.make();
  const { organizationId } = moved;
  const url = `https://${organizationId}.test/`;
  const channelId = await makeChannel(organizationId, url);
  const hosts: TestHost[] = [];
  for (let i = 0; i < HOSTS; i++) hosts.push(await makeHost(organizationId, `web-${i}`));
  const startMs = Date.now();
  const tookMs: number[] = [];
  for (const { atMs, index, phase } of happeningsOf(incidents)) {
    await moved.pass(Math.max(0, startMs + atMs - Date.now()));
    const host = hosts[index % HOSTS];
    if (host === undefined) throw new Error("expected a host");
    const name = `s${Math.floor(index / HOSTS)}`;
    const of = { hostId: host.id, hostName: host.name, serviceName: name, subjectId: `${host.id}.${name}` };
    const news = moved.news(`i${index}`, phase, { ...of, title: `${host.name} / ${name} is restarting in a loop` });
    await moved.record([news]);
    const askedMs = performance.now();
    await moved.object.news(organizationId, [news]);
    tookMs.push(performance.now() - askedMs);
  }
  await moved.pass(15 * MINUTE_MS);
  const told = await toldOf({ organizationId, channelId }, outside.at(url));
  outside.received.length = 0;
  vi.useRealTimers();
  return { told, tookMs };
}

/** Openings spread over an hour, each with its end; by time, and the same every time. */
function happeningsOf(incidents: number): { atMs: number; index: number; phase: "opened" | "closed" }[] {
  let state = 20_961_128;
  const chance = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const { least, most } = STANDS_MS;
  return Array.from({ length: incidents }, (_, index) => {
    const openedMs = Math.floor(chance() * HOUR_MS);
    const closedMs = openedMs + least + Math.floor(chance() * (most - least));
    return [
      { atMs: openedMs, index, phase: "opened" as const },
      { atMs: closedMs, index, phase: "closed" as const },
    ];
  })
    .flat()
    .sort((a, b) => a.atMs - b.atMs);
}

function p95(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
}
