import { FleetUnderLoad } from "../../load/fleet-under-load.ts";
import { type PhaseReport, playPhase } from "../../load/play.ts";
import { Tally } from "../../load/tally.ts";
import { wrongOnPage } from "../../load/truth.ts";
import { WatchedPage } from "../../load/watched-page.ts";
import { until } from "../../stories/house/until.ts";
import type { Figure } from "../figure.ts";

const bench = "fleet";
const SERVICES = 8;

/** A large fleet of which a hundredth fails all the time: is what is shown so, and how soon is it shown? */
export async function failingFigures(
  hosts: number,
  seconds: number,
  progress: (text: string) => void,
): Promise<Figure[]> {
  progress(`${hosts} hosts of ${SERVICES} services connect`);
  const fleet = await FleetUnderLoad.build({ hosts, services: SERVICES });
  try {
    await playPhase(fleet, { kind: "connect" });
    progress(`1 % of ${hosts * SERVICES} services fail, for ${seconds} s`);
    const report = await playPhase(fleet, { kind: "changes", share: 0.01, perSecond: 20, seconds });
    progress("another dashboard is opened");
    return [...figuresOf(hosts, report), await openedFigure(fleet)];
  } finally {
    await fleet.end();
  }
}

/** A dashboard that is opened when all of it is there: everything comes at once. */
async function openedFigure(fleet: FleetUnderLoad): Promise<Figure> {
  const page = new WatchedPage(new Tally());
  const startedMs = performance.now();
  try {
    await page.open(fleet.owner);
    await until("it to show everything as it is", () => wrongOnPage({ agents: fleet.agents, page }, 0).length === 0);
    const value = performance.now() - startedMs;
    const figure = `a dashboard of ${fleet.agents.length} hosts opened, until all of it is right`;
    return { bench, figure, value, unit: "ms", against: null, ratio: null, aim: null, met: null };
  } finally {
    page.close();
  }
}

function figuresOf(hosts: number, { p95Ms, looks, wrongLooks, lost, falseOffline, changes }: PhaseReport): Figure[] {
  const value = p95Ms ?? Number.NaN;
  const wrong = wrongLooks + lost.length + falseOffline.length;
  const plain = { bench, against: null, ratio: null };
  const of = `${hosts} x ${SERVICES} services, 1 % failing`;
  return [
    {
      ...{ ...plain, figure: `${of}: wrong at a look, lost, or false alarm`, value: wrong, unit: `of ${looks} looks` },
      ...{ aim: "0", met: wrong === 0 && looks > 0 },
    },
    {
      ...{ ...plain, figure: `${of}: change to the page, 95 of 100 of ${changes}`, value, unit: "ms" },
      ...{ aim: "<= 1000 ms", met: value <= 1_000 },
    },
  ];
}
