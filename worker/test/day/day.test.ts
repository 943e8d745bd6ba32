import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { type DayOptions, scriptOf } from "./script.ts";
import { Simulation } from "./simulation.ts";
import { type Due, duesOf } from "./truth.ts";
import type { Told } from "./simulation.ts";

const asked: Partial<DayOptions> = env.DAY === "" ? {} : JSON.parse(env.DAY);
const options: DayOptions = { seed: 1, hosts: 30, organizations: 2, hours: 8, ...asked };

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("in a day of a fleet nobody is told what is not true, and everything that is, in time", async () => {
  console.log(`the day: DAY='${JSON.stringify(options)}'`);
  const startedMs = performance.now();
  const script = scriptOf(options);
  const { told, faults } = await new Simulation(script).live();
  const dues = duesOf(script);
  const { wrong, missed } = compare(dues, told);
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  console.log(`${told.length} told of ${dues.filter(({ must }) => must).length} that had to be, in ${seconds} s`);
  const about = (key: string) => script.hosts.find(({ name }) => key.startsWith(`${name}/`));
  for (const { key, ...times } of [...wrong, ...missed].slice(0, 8)) {
    console.log(key, JSON.stringify(times), JSON.stringify(dues.filter((due) => due.key === key)), JSON.stringify(about(key)));
  }
  if (wrong.length + missed.length > 0) console.log(JSON.stringify(script.ours.filter(({ kind }) => kind !== "eviction" && kind !== "doubled-alarm")));
  expect({ faults, wrong: wrong.slice(0, 30), missed: missed.slice(0, 30) }).toEqual({
    faults: [],
    wrong: [],
    missed: [],
  });
}, 3_600_000);

/** What was told and is not due, and what was due and not told. Each due is met by one telling only. */
function compare(dues: readonly Due[], told: readonly Told[]): { wrong: Told[]; missed: Due[] } {
  const open = new Map<string, Due[]>();
  for (const due of dues) open.set(due.key, [...(open.get(due.key) ?? []), due]);
  const wrong = told.filter(({ key, atMs }) => {
    const own = open.get(key) ?? [];
    const met = own.findIndex(({ notBeforeMs, notAfterMs }) => notBeforeMs <= atMs && atMs <= notAfterMs);
    if (met >= 0) own.splice(met, 1);
    return met < 0;
  });
  return { wrong, missed: [...open.values()].flat().filter(({ must }) => must) };
}
