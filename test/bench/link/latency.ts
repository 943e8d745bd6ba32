import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { openBrowser } from "../../stories/house/browser.ts";
import type { House } from "../../stories/house/house.ts";
import type { Member } from "../../stories/house/member.ts";
import type { StoryHost } from "../../stories/house/host.ts";
import { until } from "../../stories/house/until.ts";
import { childrenOf } from "../cost.ts";
import { type Figure, p95 } from "../figure.ts";

const bench = "link";
/** A host does at most 30 commands a minute; a service that is killed once is in no loop. */
const SERVICES = 25;
const LIMITS_MS = { shown: 300, restarted: 150 };

/** The configuration of a host whose services end at once when they are told to. */
export function quickServices(): string {
  const lines = Array.from(
    { length: SERVICES },
    (_, i) => `  s${i}: { command: sleep 10${i}000, backoff: { min: 1ms } }\n`,
  );
  return `services:\n${lines.join("")}`;
}

/** From a service's death to its new pid in the row of D1 and on a browser's page, whichever is later; each service once. */
export async function shownFigures(
  house: House,
  owner: Member,
  host: StoryHost,
  progress: (text: string) => void,
): Promise<Figure[]> {
  const browser = await openBrowser();
  const d1 = openD1(house);
  try {
    const page = await owner.open(browser);
    const shownMs = await watchPids(page);
    const [rows, pages]: [number[], number[]] = [[], []];
    for (let i = 0; i < SERVICES; i++) {
      progress(`a change to the page, ${i + 1} of ${SERVICES}`);
      const { pid } = await host.see(
        `s${i}`,
        ({ verdict, pid: now }) => verdict === "healthy" && now !== null,
        "is up",
      );
      await until("the page to show it", () => shownMs.has(String(pid)));
      const startedMs = performance.timeOrigin + performance.now();
      process.kill(pid ?? 0, "SIGKILL");
      const [inRow, next] = await rowMs(d1, `s${i}`, pid);
      rows.push(inRow - startedMs);
      pages.push((await until("the page to show it", () => shownMs.get(String(next)))) - startedMs);
    }
    const both = rows.map((ms, i) => Math.max(ms, pages[i] ?? Number.POSITIVE_INFINITY));
    return [
      judged("a change on the host, in D1 and on the page, p95", both, LIMITS_MS.shown),
      stated("of it, to the row in D1, p95", rows),
      stated("of it, to the page, p95", pages),
    ];
  } finally {
    d1.close();
    await browser.close();
  }
}

/**
 * From the order to another process, of services that end at once; the way the dashboard's button goes. Beside it the same
 * restart asked on the host itself: what the agent and the machine need for it, however it was asked.
 */
export async function restartedFigures(
  house: House,
  owner: Member,
  host: StoryHost,
  name: string,
  progress: (text: string) => void,
): Promise<Figure[]> {
  const hostId = await house.hostIdOf(owner, name);
  const [pressed, there]: [number[], number[]] = [[], []];
  for (let i = 0; i < SERVICES; i++) {
    progress(`Restart to the new pid, ${i + 1} of ${SERVICES}`);
    const service = `s${i}`;
    there.push(await restartMs(host, service, () => askOnHost(host, service)));
    pressed.push(
      await restartMs(host, service, () => owner.post("/app/commands", { hostId, service, verb: "restart" })),
    );
  }
  return [
    judged("Restart pressed to the new pid, p95", pressed, LIMITS_MS.restarted),
    stated("the same restart asked on the host itself, p95", there),
  ];
}

async function restartMs(host: StoryHost, service: string, ask: () => Promise<unknown>): Promise<number> {
  await host.see(service, ({ verdict }) => verdict === "healthy", "is up");
  const before = new Set(childrenOf(host.pid));
  const startedMs = performance.now();
  const asked = ask();
  while (childrenOf(host.pid).every((pid) => before.has(pid))) {
    if (performance.now() - startedMs > 30_000) throw new Error(`${service} was not restarted within 30 s`);
    await turn();
  }
  const tookMs = performance.now() - startedMs;
  await asked;
  return tookMs;
}

/** As `afloat restart` asks, without a command that has to start first. Resolves with its answer. */
function askOnHost(host: StoryHost, service: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(host.dir, ".afloat/control.sock"));
    socket.once("error", reject);
    socket.once("data", () => {
      socket.destroy();
      resolve();
    });
    socket.write(
      `${JSON.stringify({ version: 1, id: 1, call: "ask", verb: "restart", services: [service], by: "bench" })}\n`,
    );
  });
}

/** When each pid was first seen on the page, by the page's own clock, which is this machine's. */
async function watchPids(page: Page): Promise<Map<string, number>> {
  const shown = new Map<string, number>();
  await page.locator('[data-live="yes"]').waitFor();
  await page.exposeFunction("afloatBenchSaw", (pid: string, atMs: number) => {
    if (!shown.has(pid)) shown.set(pid, atMs);
  });
  await page.evaluate(WATCH_PIDS);
  return shown;
}

/** In the browser. */
const WATCH_PIDS = `(() => {
  const look = () => {
    const nowMs = performance.timeOrigin + performance.now();
    for (const row of document.querySelectorAll("[data-pid]")) window.afloatBenchSaw(row.dataset.pid, nowMs);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  look();
})()`;

/** D1's own file, read beside it. */
function openD1(house: House): DatabaseSync {
  const dir = join(house.dir, "cloud/data/d1");
  const [file] = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".sqlite"));
  if (file === undefined) throw new Error(`expected a database in ${dir}`);
  return new DatabaseSync(join(dir, file), { readOnly: true });
}

/** When the row of a service has another pid than this, and which. */
async function rowMs(d1: DatabaseSync, name: string, before: number | null): Promise<[number, number]> {
  const select = d1.prepare("select snapshot ->> 'pid' as pid from service where name = ?");
  for (const endMs = performance.now() + 30_000; performance.now() < endMs;) {
    const pid = Number(select.get(name)?.["pid"] ?? 0);
    if (pid !== 0 && pid !== before) return [performance.timeOrigin + performance.now(), pid];
    await turn();
  }
  throw new Error(`${name} has no other pid in D1 within 30 s`);
}

function stated(figure: string, tookMs: readonly number[]): Figure {
  const value = p95(tookMs);
  return { bench, figure, value, unit: "ms", against: null, ratio: null, aim: null, met: null };
}

function judged(figure: string, tookMs: readonly number[], limitMs: number): Figure {
  const measured = stated(figure, tookMs);
  return { ...measured, aim: `<= ${limitMs} ms`, met: measured.value <= limitMs };
}
