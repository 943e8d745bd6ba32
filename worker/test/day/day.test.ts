import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { type DayOptions, scriptOf } from "./script.ts";
import { Simulation } from "./simulation.ts";
import type { Told } from "./told.ts";
import { type Due, duesOf } from "./truth.ts";

const SMALL: DayOptions = { seed: 1, hosts: 60, organizations: 3, hours: 4 };
const asked: Partial<DayOptions> = JSON.parse(env.DAY);
const options: DayOptions = { ...SMALL, ...asked };
/** A whole day of thousands of hosts takes most of an hour. */
const TIMEOUT_MS = 3 * 3_600_000;

/** Each organization has hosts of which each of these has to be told, whatever chance has for the others. */
const KINDS = ["host-offline", "host-flapping", "hosts-silent", "host-cloned", "restart-loop", "service-down"];

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it(
  "in a day of a fleet nobody is told what is not true, and everything that is, in time",
  async () => {
    console.log(wordsOf(options));
    const script = scriptOf(options);
    const dues = duesOf(script);
    const must = dues.filter((due) => due.must);
    expect([...new Set(must.map(({ key }) => kindOf(key)))]).toEqual(expect.arrayContaining(KINDS));
    const { told, faults, moments } = await new Simulation(script).live();
    const { wrong, missed } = compare(dues, told);
    console.log(
      `${moments} moments; ${told.length} told, ${must.length} had to be and ${dues.length - must.length} might be`,
    );
    console.log(tally(told));
    for (const { key, ...times } of [...wrong, ...missed].slice(0, 12))
      console.log(key, JSON.stringify(times), storyOf(key));
    expect({ faults, wrong: wrong.slice(0, 30), missed: missed.slice(0, 30) }).toEqual({
      faults: [],
      wrong: [],
      missed: [],
    });

    /** All that the script has about who was told of, to find out why. */
    function storyOf(key: string): string {
      const host = script.hosts.find(({ name }) => key.startsWith(`${name}/`));
      const ours = script.ours.filter((each) => !("organization" in each) || each.organization === host?.organization);
      return JSON.stringify({ dues: dues.filter((due) => due.key === key), host, ours });
    }
  },
  TIMEOUT_MS,
);

/** What was told and is not due, and what was due and not told. Each due is met by one telling only. */
function compare(dues: readonly Due[], told: readonly Told[]): { wrong: Told[]; missed: Due[] } {
  const open = Map.groupBy(dues, ({ key }) => key);
  const wrong = told.filter(({ key, atMs }) => {
    const own = open.get(key) ?? [];
    const met = own.findIndex(({ notBeforeMs, notAfterMs }) => notBeforeMs <= atMs && atMs <= notAfterMs);
    if (met >= 0) own.splice(met, 1);
    return met < 0;
  });
  return { wrong, missed: [...open.values()].flat().filter(({ must }) => must) };
}

function kindOf(key: string): string {
  return key.split("/").at(-2) ?? "";
}

function tally(told: readonly Told[]): string {
  const counts = [...Map.groupBy(told, ({ key }) => kindOf(key))].map(([kind, { length }]) => `${length} ${kind}`);
  return counts.join(", ");
}

/** How to live through the same day again. */
function wordsOf({ seed, hosts, organizations, hours }: DayOptions): string {
  return `the day: DAY_SEED=${seed} DAY_HOSTS=${hosts} DAY_ORGANIZATIONS=${organizations} DAY_HOURS=${hours}`;
}
