import { setTimeout as wait } from "node:timers/promises";
import { residentMegabytes } from "../bench/cost.ts";
import type { FleetUnderLoad } from "./fleet-under-load.ts";
import type { Phase } from "./scripts.ts";
import { lostInDatabase, silentAfterMs, silentShown, wrongOnPage } from "./truth.ts";

/** What a phase came to. */
export interface PhaseReport {
  phase: string;
  /** From its beginning until the page showed every host and service as it was, milliseconds. */
  tookMs: number;
  /** Changes told, and how soon 95 of 100 were on the page; null where there were none. */
  changes: number;
  p95Ms: number | null;
  /** How long after its deadline the last of the frozen hosts was called silent, milliseconds; null where none froze. */
  silentAfterMs: number | null;
  /** Looks at the page while it went on, and how many found something wrong that had not changed within two seconds. */
  looks: number;
  wrongLooks: number;
  /** Hosts that were here and for which an alarm of silence was raised, by name. */
  falseOffline: string[];
  /** Told and not recorded, in words. */
  lost: string[];
  /** What the cloud refused and where it hung up, each with how often. */
  met: Record<string, number>;
  serverMegabytes: number;
}

/** What changed so lately may still be on its way to the page. */
const GRACE_MS = 2_000;
const LOOK_EVERY_MS = 500;
/** For a slow machine; measures nothing. A silent host is found after its deadline. */
const SETTLE_LIMIT_MS = 240_000;

/** Plays one phase, and waits until page and database agree with the hosts. Throws with what is wrong where they never do. */
export async function playPhase(fleet: FleetUnderLoad, phase: Phase): Promise<PhaseReport> {
  const { page, tally } = fleet;
  [page.tookMs, page.drops] = [[], 0];
  tally.met.clear();
  page.everOffline.clear();
  const before = tally.changes;
  const startedMs = performance.now();
  const looks = { taken: 0, wrong: 0 };
  await act(fleet, phase, looks);
  const tookMs = (await settled(fleet, phase)) - startedMs;
  const falseOffline = fleet.agents.flatMap(({ host, presence }) =>
    presence === "here" && page.everOffline.has(host.id) ? host.name : [],
  );
  return {
    phase: phase.kind,
    ...{ tookMs, changes: tally.changes - before, p95Ms: p95(page.tookMs), looks: looks.taken },
    silentAfterMs: phase.kind === "freeze" ? silentAfterMs(fleet) : null,
    ...{ wrongLooks: looks.wrong, falseOffline, lost: lostInDatabase(fleet) },
    met: { ...Object.fromEntries(tally.met), ...(page.drops === 0 ? {} : { "page dropped": page.drops }) },
    serverMegabytes: residentMegabytes(fleet.house.server.pid()),
  };
}

async function act(fleet: FleetUnderLoad, phase: Phase, looks: Looks): Promise<void> {
  const { agents } = fleet;
  switch (phase.kind) {
    case "connect":
      return void (await Promise.all(agents.map((agent) => agent.connect())));
    case "idle":
      return look(fleet, phase.seconds, looks, () => undefined);
    case "changes":
      return changes(fleet, phase, looks);
    case "fail":
      return servicesOf(fleet, phase.share).forEach(([agent, name]) => agent.change(name, false));
    case "mend":
      for (const agent of agents) for (const name of agent.services.keys()) agent.change(name, true);
      return undefined;
    case "loop":
      for (const agent of agents.slice(0, phase.hosts)) agent.loop([...agent.services.keys()][0] ?? "");
      return undefined;
    case "freeze":
      for (const agent of spread(agents, phase.share)) agent.freeze();
      return undefined;
    case "thaw": {
      const frozen = agents.filter(({ presence }) => presence === "frozen");
      return void (await Promise.all(frozen.map((agent) => agent.thaw())));
    }
    case "cut":
      for (const agent of agents) agent.cut();
      return undefined;
    case "deploy":
      return fleet.deploy();
  }
}

interface Looks {
  taken: number;
  wrong: number;
}

type Churn = Extract<Phase, { kind: "changes" }>;

async function changes(fleet: FleetUnderLoad, { share, perSecond, seconds }: Churn, looks: Looks): Promise<void> {
  const failing = servicesOf(fleet, share);
  const everyMs = 50;
  let owed = 0;
  let next = 0;
  await look(
    fleet,
    seconds,
    looks,
    (passedMs) => {
      for (owed += (passedMs * perSecond) / 1000; owed >= 1; owed--) {
        const [agent, name] = failing[next++ % failing.length] ?? [];
        if (agent !== undefined && name !== undefined) {
          agent.change(name, agent.services.get(name)?.verdict !== "healthy");
        }
      }
    },
    everyMs,
  );
}

/** Does something again and again, and looks at the page meanwhile. */
async function look(
  fleet: FleetUnderLoad,
  seconds: number,
  looks: Looks,
  work: (passedMs: number) => void,
  everyMs = LOOK_EVERY_MS,
): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  let lookedMs = performance.now();
  for (let lastMs = lookedMs; lastMs < endMs;) {
    await wait(everyMs);
    const nowMs = performance.now();
    work(nowMs - lastMs);
    lastMs = nowMs;
    if (nowMs - lookedMs < LOOK_EVERY_MS) continue;
    lookedMs = nowMs;
    looks.taken++;
    if (wrongOnPage(fleet, GRACE_MS).length > 0) looks.wrong++;
  }
}

/** When the page was right for the first time; waits for the database, too. */
async function settled(fleet: FleetUnderLoad, phase: Phase): Promise<number> {
  const endMs = performance.now() + SETTLE_LIMIT_MS;
  let rightMs: number | null = null;
  for (;;) {
    rightMs ??= isRight(fleet) ? performance.now() : null;
    if (rightMs !== null && lostInDatabase(fleet).length === 0) return rightMs;
    if (performance.now() > endMs) break;
    await wait(fleet.agents.length > 500 ? 100 : 20);
  }
  const wrong = [...wrongOnPage(fleet, 0), ...lostInDatabase(fleet)];
  const { shown, frozen } = silentShown(fleet);
  const words = [...wrong.slice(0, 5), `${shown} of ${frozen} frozen hosts are shown as silent`];
  throw new Error(
    `${SETTLE_LIMIT_MS / 1000} s after ${phase.kind} the cloud is not right yet:\n  ${words.join("\n  ")}`,
  );
}

function isRight(fleet: FleetUnderLoad): boolean {
  if (!fleet.agents.every(({ presence, isWelcome }) => presence !== "here" || isWelcome)) return false;
  const { shown, frozen } = silentShown(fleet);
  return shown === frozen && wrongOnPage(fleet, 0).length === 0;
}

/** This share of all services, at least one, spread over the hosts. */
function servicesOf({ agents }: FleetUnderLoad, share: number) {
  const all = agents.flatMap((agent) => [...agent.services.keys()].map((name) => [agent, name] as const));
  return spread(all, share);
}

function spread<T>(all: readonly T[], share: number): T[] {
  const count = Math.max(1, Math.round(all.length * share));
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]).filter(
    (one): one is NonNullable<typeof one> => one !== undefined,
  );
}

function p95(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null;
}
