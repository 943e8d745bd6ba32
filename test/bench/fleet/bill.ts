import { billOf, MINIMUM_DOLLARS } from "@afloat/worker/prices";
import type { Figure } from "../figure.ts";
import { counted } from "../counted.ts";
import { bareMonthOf, type CountedDay, type Layout, monthOf } from "./month.ts";

const bench = "fleet";
/** What worker/figures/ counts. */
interface Counted {
  day: Omit<CountedDay, "told">;
  told: CountedDay["told"];
  status: { services: number; rowsRead: number };
}
/** What the same heartbeats cost as HTTP requests that write a row of D1 each, by the same prices, and what is aimed at. */
const SIZES = [
  { hosts: 1_000, aim: 6, http: 69 },
  { hosts: 10_000, aim: 10, http: 1_127 },
  { hosts: 100_000, aim: 300, http: 11_709 },
];
/** The platform's own example of 10,000 connected objects. */
const EXAMPLE = 20.65;
/** From about here on an organization is spread over several Fleets; a cell is as large. */
const HOSTS_A_FLEET = 2_000;
const SMALL = 20;
/** What may be stored in one database; more hosts are spread over several. */
const DATABASE_GB = 10;
/** Shares of the largest bill that are named. */
const NAMED = 4;

/** The rows that a day costs, counted inside workerd, and the bills they come to. */
export async function billFigures(progress: (text: string) => void): Promise<Figure[]> {
  progress("a day of 20 hosts, in moved time; a status page of 100 services");
  const { status, told, ...found } = await counted<Counted>(["day", "status", "told"], ["day", "status", "told"]);
  const day = { ...found.day, told };
  const { rowsRead, services } = status;
  return [
    ...rowFigures(day),
    {
      ...{
        bench,
        figure: `rows read for ${services} services x 90 days, of each`,
        value: rowsRead / services,
        unit: "",
      },
      ...{ against: `one batch: ${rowsRead}`, ratio: null, ...atMost(rowsRead / services, 100) },
    },
    ...SIZES.flatMap((size) => billsOf(day, size)),
    ...largestOf(day),
  ];
}

function rowFigures(day: CountedDay): Figure[] {
  const idle = { bench, against: null, ratio: null, unit: "" };
  const stated = { aim: null, met: null };
  const [alive, samples] = [day.idle.databaseRows, 24 * day.sample.databaseRows];
  const two = (what: "change" | "reconnect" | "told") =>
    `${day[what].databaseRows} in D1, ${day[what].fleetRows} of the Fleet`;
  return [
    { ...idle, figure: "D1 rows by an idle host and day: liveness", value: alive, ...atMost(alive, 0) },
    { ...idle, figure: "D1 rows by an idle host and day: samples", value: samples, ...atMost(samples, 24) },
    { ...idle, figure: "Fleet rows by 20 idle hosts and day: alarms", value: day.idle.fleetRows, ...stated },
    { ...idle, figure: "rows by a change", value: day.change.databaseRows, against: two("change"), ...stated },
    { ...idle, figure: "rows by a reconnect", value: day.reconnect.databaseRows, against: two("reconnect"), ...stated },
    {
      ...idle,
      figure: "rows by telling of an incident and its end",
      value: day.told.databaseRows,
      against: two("told"),
      ...stated,
    },
    { ...idle, figure: "D1 rows by folding a host's day, and removal", value: day.fold.databaseRows, ...stated },
  ];
}

/** Organizations of twenty hosts, or of two thousand; each with a Fleet of its own, or in cells. */
function layoutsOf(hosts: number): { words: string; layout: Layout }[] {
  const [small, large] = [Math.ceil(hosts / SMALL), Math.ceil(hosts / HOSTS_A_FLEET)];
  return [
    { words: "one organization a 2,000", layout: { hosts, organizations: large, fleets: large } },
    { words: "20 an organization, in cells", layout: { hosts, organizations: small, fleets: large } },
    { words: "20 an organization, a Fleet each", layout: { hosts, organizations: small, fleets: small } },
  ];
}

function billsOf(day: CountedDay, { hosts, aim, http }: (typeof SIZES)[number]): Figure[] {
  const example = hosts === 10_000 ? [`example $${EXAMPLE}`] : [];
  const against = [`HTTP->D1 $${http}`, ...example, `minimum $${MINIMUM_DOLLARS}`].join(", ");
  const figure = (words: string, value: number): Figure => ({
    ...{ bench, figure: `a month of ${hosts}: ${words}`, value, unit: "$" },
    ...{ against, ratio: value / http, aim: `<= $${aim}`, met: value <= aim },
  });
  const layouts = layoutsOf(hosts);
  const cells = layouts[1]?.layout ?? { hosts, organizations: 1, fleets: 1 };
  return [
    figure("links and changes alone, in cells", billOf(bareMonthOf(day, cells)).dollars),
    ...layouts.map(({ words, layout }) => figure(`all, ${words}`, billOf(monthOf(day, layout)).dollars)),
  ];
}

/** Where the money of the largest goes, and how many databases it needs. */
function largestOf(day: CountedDay): Figure[] {
  const hosts = 100_000;
  const layout = layoutsOf(hosts)[1]?.layout ?? { hosts, organizations: 1, fleets: 1 };
  const usage = monthOf(day, layout);
  const lines = billOf(usage).lines.toSorted((a, b) => b.dollars - a.dollars);
  const stated = { bench, ratio: null, aim: null, met: null };
  const databases = Math.ceil((usage.databaseStoredGb ?? 0) / DATABASE_GB);
  return [
    ...lines.slice(0, NAMED).map(({ name, amount, dollars }): Figure => {
      const counted = amount >= 1e6 ? `${Math.round(amount / 1e6)} million` : `${Math.round(amount)}`;
      return { ...stated, figure: `of ${hosts} in cells: ${name}`, value: dollars, unit: "$", against: counted };
    }),
    { ...stated, figure: `of ${hosts} in cells: databases of 10 GB`, value: databases, unit: "", against: null },
  ];
}

function atMost(value: number, most: number): { aim: string; met: boolean } {
  return { aim: `<= ${most}`, met: value <= most };
}
