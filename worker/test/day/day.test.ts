import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { type DayOptions, scriptOf } from "./script.ts";
import { Simulation } from "./simulation.ts";
import { compare, costOf, kindOf, reportOf } from "./report.ts";
import { duesOf } from "./truth.ts";

const SMALL: DayOptions = { seed: 5, hosts: 60, organizations: 3, hours: 4, cells: 2 };
const asked: Partial<DayOptions> = JSON.parse(env.DAY);
const options: DayOptions = { ...SMALL, ...asked };
/** A whole day of thousands of hosts takes most of an hour. */
const TIMEOUT_MS = 3 * 3_600_000;

/** Each organization has hosts of which each of these has to be told, whatever chance has for the others. */
const KINDS = ["host-offline", "host-flapping", "hosts-silent", "host-cloned", "restart-loop", "service-down"].map(
  (kind) => `${kind} opened`,
);

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
    const { told, faults, moments, meter } = await new Simulation(script).live();
    const comparison = compare(dues, told);
    const { wrong, missed } = comparison;
    console.log(`${wordsOf(options)}: ${moments} moments\n${reportOf(dues, comparison)}`);
    console.log(costOf(meter, options, told.length));
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
      const ours = script.ours.filter((each) => !("fleet" in each) || each.fleet === host?.fleet);
      return JSON.stringify({ dues: dues.filter((due) => due.key === key), host, ours });
    }
  },
  TIMEOUT_MS,
);

/** How to live through the same day again. */
function wordsOf({ seed, hosts, organizations, hours, cells }: DayOptions): string {
  const last = `DAY_HOURS=${hours} DAY_CELLS=${cells}`;
  return `the day: DAY_SEED=${seed} DAY_HOSTS=${hosts} DAY_ORGANIZATIONS=${organizations} ${last}`;
}
