import { fleetRequestsOf, gbSecondsOf, MONTH_DAYS, OPERATIONS_A_MESSAGE, type Usage } from "@afloat/worker/prices";
import { DEFAULT_RETENTION, SAMPLES_KEPT_DAYS } from "@afloat/worker/retention";
import { ROWS } from "@afloat/worker/stock";

/** What one of a kind comes to, counted (worker/figures/): rows that the Fleet wrote on its disk, and that D1 wrote and read. */
export interface Work {
  fleetRows: number;
  databaseRows: number;
  databaseRead: number;
}

/** A day of hosts as it was counted. */
export interface CountedDay {
  services: number;
  changesADay: number;
  reconnectsADay: number;
  /** Of one Fleet in which nothing happens: it has one alarm, however many hosts. */
  alarmsADay: number;
  /** The same day, of the whole Fleet. */
  idle: Work;
  /** One of each. */
  sample: Work;
  change: Work;
  reconnect: Work;
  /** One host and day: the daily look whether Fleet and database agree; folding, with the removal of what is too old. */
  reconcile: Work;
  fold: Work;
  /** What telling of an incident and of its end takes, to one channel: its Alerts, and how often that is called or woken; D1 with each attempt. `bytes`: with the incident itself. */
  told: Work & { calls: number; bytes: number };
  /** Bytes: a host with its services, in D1 and on the Fleet's disk; and one row of each kind. */
  bytes: { host: number; fleetHost: number; sample: number; flip: number; hostDay: number };
}

/** How hosts are spread. A Fleet may be shared by several organizations (a cell). */
export interface Layout {
  hosts: number;
  organizations: number;
  fleets: number;
}

/** Of a host. */
interface Often {
  incidentsADay: number;
  samplesADay: number;
}

/** What is reckoned, and not counted: how often people are told, and how long a Fleet is awake. */
const OFTEN: Often = { incidentsADay: 0.1, samplesADay: 24 };
/** Rows that go with an incident that is too old: itself, its notices and attempts, and why it was told. */
const REMOVED = 9;
/** For a message or a connection: D1 is written after 30 ms, and answers after about as long. */
const AWAKE_FOR_MESSAGE_MS = 60;
const AWAKE_FOR_ALARM_MS = 20;
/** Of the Worker, for a connection or a run of the cron. */
const WORKER_CPU_MS = 3;
const CRON_A_DAY = 1_440;
/** Each Fleet is asked once an hour whether it has its alarm, and once a day for each organization whether it agrees with D1. */
const LOOKS_A_DAY = 24;
const GB = 1e9;

/** A month of a fleet that has stood for as long as anything is kept. */
export function monthOf(day: CountedDay, { hosts, organizations, fleets }: Layout, often = OFTEN): Usage {
  const alarms = day.alarmsADay * fleets;
  const reconnects = day.reconnectsADay * hosts;
  const messages = (day.changesADay + often.samplesADay + day.reconnectsADay) * hosts;
  const incidents = often.incidentsADay * hosts;
  // Told when it begins and when it ends, to one channel.
  const told = 2 * incidents;
  const telling = incidents * day.told.calls;
  const calls = alarms + reconnects + telling + LOOKS_A_DAY * fleets + organizations;
  const awakeMs = (messages + reconnects + telling) * AWAKE_FOR_MESSAGE_MS + alarms * AWAKE_FOR_ALARM_MS;
  const { database, fleet } = ROWS.incidents;
  // Its Fleet writes the notices, its Alerts the rest.
  const toldRows = told * ROWS.notices.database + incidents * day.told.databaseRows;
  const removed = incidents * REMOVED;
  const eachDay: Usage = {
    workerRequests: reconnects + told + CRON_A_DAY,
    workerCpuMs: WORKER_CPU_MS * (reconnects + told + CRON_A_DAY),
    fleetRequests: fleetRequestsOf({ calls, messages }),
    fleetGbSeconds: gbSecondsOf(awakeMs),
    fleetRowsWritten:
      day.idle.fleetRows * fleets + sumOf(day, often, "fleetRows") * hosts + incidents * (fleet + day.told.fleetRows),
    databaseRowsRead: sumOf(day, often, "databaseRead") * hosts + incidents * day.told.databaseRead,
    databaseRowsWritten: sumOf(day, often, "databaseRows") * hosts + incidents * database + toldRows + removed,
    queueOperations: told * OPERATIONS_A_MESSAGE,
  };
  const month = Object.entries(eachDay).map(([metered, amount]) => [metered, amount * MONTH_DAYS]);
  return { ...Object.fromEntries(month), ...storedOf(day, often, hosts) };
}

/** The same without what is done for charts, uptime and people: connections, liveness and changes, as the peers' figures count. */
export function bareMonthOf(day: CountedDay, layout: Layout): Usage {
  const fold: Work = { fleetRows: 0, databaseRows: 0, databaseRead: 0 };
  const bare = monthOf({ ...day, fold }, layout, { incidentsADay: 0, samplesADay: 0 });
  return { ...bare, databaseStoredGb: 0, fleetStoredGb: 0 };
}

function sumOf(day: CountedDay, { samplesADay }: Often, what: keyof Work): number {
  const works: [Work, number][] = [
    [day.sample, samplesADay],
    [day.change, day.changesADay],
    [day.reconnect, day.reconnectsADay],
    [day.reconcile, 1],
    [day.fold, 1],
  ];
  return works.reduce((sum, [work, count]) => sum + work[what] * count, 0);
}

/** GB of D1, and of all Fleets' disks together. */
function storedOf({ bytes, told, changesADay }: CountedDay, often: Often, hosts: number): Usage {
  const host =
    bytes.host +
    bytes.flip * changesADay * DEFAULT_RETENTION.flipDays +
    bytes.sample * often.samplesADay * SAMPLES_KEPT_DAYS +
    bytes.hostDay * DEFAULT_RETENTION.uptimeDays +
    told.bytes * often.incidentsADay * DEFAULT_RETENTION.incidentDays;
  return { databaseStoredGb: (host * hosts) / GB, fleetStoredGb: (bytes.fleetHost * hosts) / GB };
}
