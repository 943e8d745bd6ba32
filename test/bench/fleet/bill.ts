import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { billOf, fleetRequestsOf, gbSecondsOf, MINIMUM_DOLLARS, MONTH_DAYS, type Usage } from "@afloat/worker/prices";
import type { Figure } from "../figure.ts";

const bench = "fleet";
/** What the same heartbeats cost as HTTP requests that write a row of D1 each, by the same prices, and what is aimed at. */
const SIZES = [
  { hosts: 1_000, aim: 6, http: 69 },
  { hosts: 10_000, aim: 10, http: 1_127 },
  { hosts: 100_000, aim: 300, http: 11_709 },
];
/** The platform's own example of 10,000 connected objects. */
const EXAMPLE = 20.65;

/** The rows that a day costs, counted inside workerd, and the bills they come to. */
export function billFigures(progress: (text: string) => void): Figure[] {
  progress("a day of 20 hosts, in moved time");
  const day = countedDay();
  const idle = { bench, against: null, ratio: null };
  const rows: Figure[] = [
    {
      ...idle,
      figure: "D1 rows by an idle host and day: liveness",
      value: day.idleDatabaseRows,
      unit: "",
      ...atMost(day.idleDatabaseRows, 0),
    },
    {
      ...idle,
      figure: "D1 rows by an idle host and day: samples",
      value: 24 * day.sampleDatabaseRows,
      unit: "",
      ...atMost(24 * day.sampleDatabaseRows, 24),
    },
    {
      ...idle,
      figure: "Fleet rows by 20 idle hosts and day: alarms",
      value: day.idleFleetRows,
      unit: "",
      aim: null,
      met: null,
    },
    {
      ...idle,
      figure: "D1 rows by a change; by a reconnect",
      value: day.changeDatabaseRows,
      unit: `; ${day.reconnectDatabaseRows}`,
      aim: null,
      met: null,
    },
  ];
  const bills = SIZES.flatMap(({ hosts, aim, http }) =>
    [20, hosts].map((perOrganization): Figure => {
      const value = billOf(monthOf(day, hosts, perOrganization)).dollars;
      const peers = [
        `minimum $${MINIMUM_DOLLARS}`,
        ...(hosts === 10_000 ? [`example $${EXAMPLE}`] : []),
        `HTTP->D1 $${http}`,
      ];
      const of = perOrganization === 20 ? "20 an organization" : "one organization";
      return {
        ...{ bench, figure: `a month of ${hosts} hosts, ${of}`, value, unit: "$" },
        ...{ against: peers.join(", "), ratio: value / http, aim: `<= $${aim}`, met: value <= aim },
      };
    }),
  );
  return [...rows, ...bills];
}

/** What was counted; of an idle day for its whole organization, else of one of the kind. */
type CountedDay = Record<
  | "changesADay"
  | "reconnectsADay"
  | "alarmsADay"
  | "idleFleetRows"
  | "idleDatabaseRows"
  | "idleMs"
  | "sampleFleetRows"
  | "sampleDatabaseRows"
  | "sampleDatabaseRead"
  | "sampleMs"
  | "changeFleetRows"
  | "changeDatabaseRows"
  | "changeDatabaseRead"
  | "changeMs"
  | "reconnectFleetRows"
  | "reconnectDatabaseRows"
  | "reconnectDatabaseRead"
  | "reconnectMs",
  number
>;

/** A month's use: alarms by organization, all else by host. One Fleet has one alarm, however many hosts. */
export function monthOf(day: CountedDay, hosts: number, hostsPerOrganization: number): Usage {
  const fleets = Math.ceil(hosts / hostsPerOrganization);
  const [samples, changes, reconnects] = [24 * hosts, day.changesADay * hosts, day.reconnectsADay * hosts];
  const sum = (what: "FleetRows" | "DatabaseRows" | "DatabaseRead" | "Ms") => {
    const one =
      what === "FleetRows"
        ? [day.sampleFleetRows, day.changeFleetRows, day.reconnectFleetRows]
        : what === "DatabaseRows"
          ? [day.sampleDatabaseRows, day.changeDatabaseRows, day.reconnectDatabaseRows]
          : what === "DatabaseRead"
            ? [day.sampleDatabaseRead, day.changeDatabaseRead, day.reconnectDatabaseRead]
            : [day.sampleMs, day.changeMs, day.reconnectMs];
    return (one[0] ?? 0) * samples + (one[1] ?? 0) * changes + (one[2] ?? 0) * reconnects;
  };
  const calls = day.alarmsADay * fleets + reconnects;
  const messages = samples + changes + reconnects;
  return {
    workerRequests: MONTH_DAYS * reconnects,
    fleetRequests: MONTH_DAYS * fleetRequestsOf({ calls, messages }),
    fleetRowsWritten: MONTH_DAYS * (day.idleFleetRows * fleets + sum("FleetRows")),
    fleetGbSeconds: MONTH_DAYS * gbSecondsOf(day.idleMs * fleets + sum("Ms")),
    databaseRowsRead: MONTH_DAYS * sum("DatabaseRead"),
    databaseRowsWritten: MONTH_DAYS * (day.idleDatabaseRows * fleets + sum("DatabaseRows")),
  };
}

function countedDay(): CountedDay {
  const cwd = fileURLToPath(new URL("../../../worker", import.meta.url));
  const words = ["run", "--config", "vitest.figures.config.ts", "--disable-console-intercept"];
  const said = execFileSync(`${cwd}/node_modules/.bin/vitest`, words, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", 2],
  });
  const json = /FIGURES (\{.*\})/.exec(said)?.[1];
  if (json === undefined) throw new Error(`expected the figures of a day, got:\n${said.slice(-2_000)}`);
  const counted: CountedDay = JSON.parse(json);
  return counted;
}

function atMost(value: number, most: number): { aim: string; met: boolean } {
  return { aim: `<= ${most}`, met: value <= most };
}
