import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { CommandStep, ServiceSnapshot } from "@afloat/shared/domain";
import type { JournalEvent } from "@afloat/shared/wire";
import type { House } from "../stories/house/house.ts";
import type { FaultHost } from "./fault-host.ts";

/** What is written down in three places of what happened: read from the disks, and not by the programs that wrote it. */

export interface HostStory {
  name: string;
  hostId: string;
  journalId: string;
  /** The lines of the journal, as they stand on the disk. */
  events: JournalEvent[];
  /** How every service stands, as the agent says. */
  services: ServiceSnapshot[];
  /** Processes that were started, by service, as they say themselves. */
  starts: Map<string, number>;
  /** Services that nothing but commands from afar ever started again. */
  steady: readonly string[];
}

export interface Flip {
  subjectId: string;
  atMs: number;
  journalId: string;
  seq: number;
  organizationId: string;
  verdict: string;
  reasonCode: string;
}

export interface Incident {
  id: string;
  organizationId: string;
  kind: string;
  subjectId: string;
  hostId: string;
  openedMs: number;
  closedMs: number | null;
}

export interface Command {
  id: string;
  organizationId: string;
  hostId: string;
  serviceName: string;
  step: CommandStep;
  steps: { step: CommandStep; atMs: number; detail: string }[];
}

export interface D1Story {
  hosts: { id: string; organizationId: string; journalId: string | null; recordedSeq: number; link: string }[];
  services: { hostId: string; organizationId: string; name: string; snapshot: ServiceSnapshot }[];
  flips: Flip[];
  incidents: Incident[];
  commands: Command[];
}

/** What one Fleet holds on its own disk. */
export interface FleetStory {
  hosts: { id: string; organizationId: string; journalId: string | null; recordedSeq: number }[];
  services: { hostId: string; snapshot: ServiceSnapshot }[];
  openIncidents: string[];
  openCommands: string[];
  setAside: string[];
}

/** The journal of a host as it was, for a walk that is longer than the host remembers. */
export class JournalMemory {
  readonly #events = new Map<number, JournalEvent>();

  look(of: FaultHost): void {
    try {
      for (const event of journalOf(of)) this.#events.set(event.seq, event);
    } catch {
      // A line that is half written, or a file forgotten in this very moment: the next look has it.
    }
  }

  /** What was before this number. */
  before(seq: number): JournalEvent[] {
    return [...this.#events.values()].filter((event) => event.seq < seq);
  }
}

/** A host's own story. Its agent must run, and nothing may be happening. `steady`: see there. */
export async function hostStory(
  of: FaultHost,
  steady: readonly string[] = [],
  memory = new JournalMemory(),
): Promise<HostStory> {
  const services = (await of.host.status())?.services ?? [];
  const kept = journalOf(of);
  return {
    ...{ name: of.name, hostId: of.id, services, steady },
    journalId: readFileSync(join(of.host.stateDir, "journal", "id"), "utf8").trim(),
    events: [...memory.before(kept[0]?.seq ?? 0), ...kept],
    starts: new Map(services.map(({ name }) => [name, of.starts(name)])),
  };
}

function journalOf(of: FaultHost): JournalEvent[] {
  const dir = join(of.host.stateDir, "journal");
  const segments = readdirSync(dir)
    .filter((name) => name.endsWith(".jsonl"))
    .sort();
  const lines = segments.flatMap((name) => readFileSync(join(dir, name), "utf8").split("\n"));
  // A checksum may follow.
  return lines
    .filter((line) => line !== "")
    .map((line): JournalEvent => JSON.parse(line.slice(0, line.lastIndexOf("}") + 1)));
}

/** Where the embedded server's D1 is. */
export function d1File(house: House): string {
  const dir = join(house.dataDir, "d1", "afloat-D1");
  const [file] = databasesIn(dir);
  if (file === undefined) throw new Error(`expected a database in ${dir}`);
  return file;
}

/** How far D1 has a host's journal: its own row says it, or one of its services' (SQL, of a row of `host`). */
export const D1_RECORDED = `max(recorded_seq, coalesce((
  select max(service.recorded_seq) from service where host_id = host.id and service.journal_id = host.journal_id), 0))`;

export function d1Story(house: House): D1Story {
  const db = readable(d1File(house));
  try {
    return {
      hosts: rows(db, `id, organization_id, journal_id, ${D1_RECORDED} as recorded_seq, link from host`),
      services: rows(db, "host_id, organization_id, name, snapshot from service where removed_ms is null"),
      // In the order in which uptime reads them.
      flips: rows(
        db,
        "subject_id, at_ms, journal_id, seq, organization_id, verdict, reason_code from flip order by subject_id, at_ms, journal_id, seq",
      ),
      incidents: rows(db, "id, organization_id, kind, subject_id, host_id, opened_ms, closed_ms from incident"),
      commands: rows(db, "id, organization_id, host_id, service_name, step, steps from command"),
    };
  } finally {
    db.close();
  }
}

/** How far a Fleet knows its hosts to be recorded: by rows of their own, and by those of their services. */
const FLEET_MARKS = `host_id, journal_id, seq from (
  select host_id, journal_id, seq from mark
  union all select host_id, doc ->> '$.recorded.journalId' as journal_id, doc ->> '$.recorded.seq' as seq from service)`;

export function fleetStories(house: House): FleetStory[] {
  return databasesIn(join(house.dataDir, "fleet", "afloat-Fleet")).map((file) => {
    const db = readable(file);
    try {
      const docs = <T>(table: string) =>
        db
          .prepare(`select doc from ${table}`)
          .all()
          .map(({ doc }): T => JSON.parse(String(doc)));
      const marks = rows<{ hostId: string; journalId: string; seq: number }>(db, FLEET_MARKS);
      return {
        // How far a host is recorded stands beside its document.
        hosts: docs<FleetStory["hosts"][number]>("host").map((host) => {
          const own = marks.filter(({ hostId, journalId }) => hostId === host.id && journalId === host.journalId);
          return { ...host, recordedSeq: Math.max(host.recordedSeq, ...own.map(({ seq }) => seq)) };
        }),
        services: rows(db, "host_id, json_extract(doc, '$.snapshot') as snapshot from service"),
        openIncidents: docs<{ view: { id: string } }>("incident").map(({ view }) => view.id),
        openCommands: docs<{ id: string }>("command").map(({ id }) => id),
        setAside: db
          .prepare("select why from refused")
          .all()
          .map(({ why }) => String(why)),
      };
    } finally {
      db.close();
    }
  });
}

/** A server that was killed a moment ago holds its file while it finds out what was written. */
function readable(file: string): DatabaseSync {
  return new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
}

function databasesIn(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .map((name) => join(dir, name));
}

/** Rows with the names of the code, and JSON read. */
function rows<T>(db: DatabaseSync, what: string): T[] {
  const read = (name: string, value: unknown): unknown =>
    (name === "snapshot" || name === "steps") && typeof value === "string" ? JSON.parse(value) : value;
  const camel = (name: string) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return db
    .prepare(`select ${what}`)
    .all()
    .map(
      (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [camel(name), read(name, value)])) as T,
    );
}
