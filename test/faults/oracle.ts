import { publicStatus } from "@afloat/shared/core/public-status";
import type { PublicStatus } from "@afloat/shared/domain";
import type { JournalEvent } from "@afloat/shared/wire";
import { decideIncidents } from "@afloat/worker/incident-rules";
import { stormNumbers } from "./storms.ts";
import type { D1Story, FleetStory, Flip, HostStory, Incident } from "./records.ts";

/** Something that three records of the same events do not agree on. */
export interface Finding {
  kind: "lost" | "double" | "order" | "time" | "foreign" | "command" | "state";
  where: string;
  what: string;
}

/** The times of a host and of the record may differ by so much, milliseconds: its clock is measured over a network. */
const SAME_TIME_MS = 1_000;
const ENDS = ["done", "refused", "failed", "expired", "interrupted"];

/**
 * What the host's journal, the Fleets and D1 do not tell alike, event by event. Nothing may be happening, and everything must
 * have had its time. Pure: what each says is in records.ts.
 */
export function judgeRecords(hosts: HostStory[], d1: D1Story, fleets: FleetStory[]): Finding[] {
  return [
    ...hosts.flatMap((host) => [
      ...judgeJournal(host),
      ...judgeFlips(host, d1),
      ...judgeIncidents(host, d1),
      ...judgeState(host, d1, fleets),
      ...judgeCommands(host, d1),
    ]),
    ...judgeOrganizations(d1, fleets),
    ...judgeFleets(d1, fleets),
  ];
}

/** Events in all of these journals that reach D1 as rows of their own: what is counted in a report. */
export function expectedRows(host: HostStory): number {
  return expectedFlips(host).length + expectedIncidents(host).length;
}

function judgeJournal({ name: where, events }: HostStory): Finding[] {
  return events.flatMap(({ seq }, i): Finding[] => {
    const before = events[i - 1]?.seq ?? seq - 1;
    if (seq === before + 1) return [];
    const kind = seq > before ? "lost" : "double";
    return [{ kind, where, what: `in the journal itself, ${seq} follows ${before}` }];
  });
}

/**
 * Flips as they come out of the journal read in one go: those that change what is shown. `isTold`: of a crash storm, which were told
 * one by one.
 */
function expectedFlips(
  { hostId, journalId, events }: HostStory,
  isTold: (seq: number) => boolean = () => true,
): (Flip & { word: PublicStatus })[] {
  const storms = stormNumbers(events);
  const shown = new Map<string, Flip & { word: PublicStatus }>();
  return events.flatMap((event) => {
    if (event.kind === "removed") shown.delete(event.service);
    if (event.kind !== "flip" || (storms.has(event.seq) && !isTold(event.seq))) return [];
    const { name, verdict, reasonCode } = event.snapshot;
    const before = shown.get(name);
    const word = publicStatus(event.snapshot, before?.word ?? null);
    const { seq, atMs } = event;
    const flip = {
      subjectId: `${hostId}.${name}`,
      atMs,
      journalId,
      seq,
      organizationId: "",
      verdict,
      reasonCode,
      word,
    };
    shown.set(name, flip);
    const isSame = before?.verdict === verdict && before.reasonCode === reasonCode && before.word === word;
    return isSame ? [] : [flip];
  });
}

function judgeFlips(host: HostStory, d1: D1Story): Finding[] {
  const where = host.name;
  const found: Finding[] = [];
  const rows = d1.flips.filter(({ subjectId }) => subjectId.startsWith(`${host.hostId}.`));
  const left = new Set(rows);
  const told = new Set(rows.map(({ seq }) => seq));
  for (const flip of expectedFlips(host, (seq) => told.has(seq))) {
    const words = `flip ${flip.seq} of ${flip.subjectId} to ${flip.verdict} (${flip.reasonCode})`;
    const same = rows.filter(({ seq, journalId }) => seq === flip.seq && journalId === flip.journalId);
    for (const row of same) left.delete(row);
    const [row] = same;
    if (row === undefined) found.push({ kind: "lost", where, what: `${words} is not in D1` });
    else if (same.length > 1) found.push({ kind: "double", where, what: `${words} is in D1 ${same.length} times` });
    else if (row.verdict !== flip.verdict || row.reasonCode !== flip.reasonCode || row.subjectId !== flip.subjectId)
      found.push({ kind: "state", where, what: `${words} is in D1 as ${JSON.stringify(row)}` });
    else if (Math.abs(row.atMs - flip.atMs) > SAME_TIME_MS)
      found.push({ kind: "time", where, what: `${words} happened at ${flip.atMs}, D1 says ${row.atMs}` });
  }
  for (const row of left)
    found.push({ kind: "double", where, what: `D1 has a flip of no event: ${JSON.stringify(row)}` });
  for (const [i, row] of rows.entries()) {
    const next = rows[i + 1];
    if (next !== undefined && next.subjectId === row.subjectId && next.seq < row.seq)
      found.push({ kind: "order", where, what: `D1 reads flip ${row.seq} of ${row.subjectId} before ${next.seq}` });
  }
  return found;
}

/** Incidents as the rules open and close them over the journal read in one go. */
function expectedIncidents({ hostId, journalId, events }: HostStory): Incident[] {
  const all: Incident[] = [];
  for (const event of events) {
    const service = serviceOf(event);
    if (service === null) continue;
    const subjectId = `${hostId}.${service}`;
    for (const { kind: does, incident: kind } of decideIncidents(event, service)) {
      const open = all.find((each) => each.subjectId === subjectId && each.kind === kind && each.closedMs === null);
      if (does === "close" && open !== undefined) open.closedMs = event.atMs;
      if (does !== "open" || open !== undefined) continue;
      const id = `${hostId}-${journalId}-${event.seq}-${kind}`;
      all.push({ id, organizationId: "", kind, subjectId, hostId, openedMs: event.atMs, closedMs: null });
    }
  }
  return all;
}

/** Incidents that the Fleet finds by itself: no event of a host tells of them. */
const OF_THE_FLEET = new Set<string>([
  ...["host-offline", "host-flapping", "hosts-silent", "host-cloned"],
  // Opened by the command that the Fleet follows, which judgeCommands looks at.
  "command-failed",
  // By how often an agent's runs begin, which is counted across its journals.
  "agent-loop",
]);

function judgeIncidents(host: HostStory, d1: D1Story): Finding[] {
  const where = host.name;
  const found: Finding[] = [];
  const rows = new Map(d1.incidents.filter(({ hostId }) => hostId === host.hostId).map((row) => [row.id, row]));
  for (const incident of expectedIncidents(host)) {
    const row = rows.get(incident.id);
    rows.delete(incident.id);
    const words = `incident ${incident.id}`;
    if (row === undefined) found.push({ kind: "lost", where, what: `${words} is not in D1` });
    else if ((row.closedMs === null) !== (incident.closedMs === null))
      found.push({ kind: "state", where, what: `${words} ended at ${incident.closedMs}, D1 says ${row.closedMs}` });
    else if (Math.abs((row.closedMs ?? 0) - (incident.closedMs ?? 0)) > SAME_TIME_MS)
      found.push({ kind: "time", where, what: `${words} ended at ${incident.closedMs}, D1 says ${row.closedMs}` });
  }
  for (const row of rows.values()) {
    if (!OF_THE_FLEET.has(row.kind))
      found.push({ kind: "double", where, what: `D1 has an incident of no event: ${JSON.stringify(row)}` });
  }
  return found;
}

/** How everything stands now is told alike by the agent, the Fleet and D1. */
function judgeState(host: HostStory, d1: D1Story, fleets: FleetStory[]): Finding[] {
  const where = host.name;
  const lastSeq = host.events.at(-1)?.seq ?? 0;
  const stands = { journalId: host.journalId, recordedSeq: lastSeq };
  const found: Finding[] = [];
  const expectHost = (who: string, row: { journalId: string | null; recordedSeq: number } | undefined) => {
    const said = row && { journalId: row.journalId, recordedSeq: row.recordedSeq };
    if (JSON.stringify(said) !== JSON.stringify(stands))
      found.push({
        kind: "state",
        where,
        what: `it stands at ${JSON.stringify(stands)}, ${who} says ${JSON.stringify(said)}`,
      });
  };
  expectHost(
    "D1",
    d1.hosts.find(({ id }) => id === host.hostId),
  );
  const itsFleets = fleets.filter(({ hosts }) => hosts.some(({ id }) => id === host.hostId));
  if (itsFleets.length !== 1) found.push({ kind: "foreign", where, what: `${itsFleets.length} Fleets know it` });
  expectHost(
    "the Fleet",
    itsFleets[0]?.hosts.find(({ id }) => id === host.hostId),
  );
  const told: [string, { hostId: string; snapshot: HostStory["services"][number] }[]][] = [
    ["D1", d1.services],
    ["the Fleet", itsFleets[0]?.services ?? []],
  ];
  for (const [who, services] of told) {
    const its = services.filter(({ hostId }) => hostId === host.hostId).map(({ snapshot }) => shownOf(snapshot));
    const own = host.services.map(shownOf);
    if (its.sort().join("\n") !== own.sort().join("\n"))
      found.push({ kind: "state", where, what: `its services are\n${own.join("\n")}\n${who} says\n${its.join("\n")}` });
  }
  return found;
}

function shownOf({ name, desired, state, verdict, reasonCode, pid, restarts }: HostStory["services"][number]): string {
  return JSON.stringify({ name, desired, state, verdict, reasonCode, pid, restarts });
}

/** Every command came to an end, once, by steps that follow each other; and what they ask was done no more often than that. */
function judgeCommands(host: HostStory, d1: D1Story): Finding[] {
  const where = host.name;
  const found: Finding[] = [];
  const say = (what: string) => found.push({ kind: "command", where, what });
  const its = d1.commands.filter(({ hostId }) => hostId === host.hostId);
  for (const { id, step, steps, serviceName } of its) {
    const names = steps.map((each) => each.step);
    const words = `the command ${id} for ${serviceName}, ${names.join(", ")}`;
    if (step !== names.at(-1)) say(`${words}: its row says ${step}`);
    if (!ENDS.includes(step)) say(`${words}: has no end`);
    if (new Set(names).size < names.length || names.slice(0, -1).some((each) => ENDS.includes(each)))
      say(`${words}: a step twice`);
    const told = host.events.flatMap((event) => (event.kind === "command" && event.command === id ? [event.step] : []));
    if (told.filter((each) => each === "running").length > 1) say(`${words}: the host began it more than once`);
    if (step === "done" && !told.includes("done")) say(`${words}: the host never said so, but ${told.join(", ")}`);
    if (told.includes("done") && step !== "done") say(`${words}: the host says that it is done`);
  }
  for (const service of host.steady) {
    const steps = its.filter(({ serviceName }) => serviceName === service).map((command) => command.steps);
    const begun = steps.filter((all) => all.some(({ step }) => step === "running")).length;
    const done = steps.filter((all) => all.at(-1)?.step === "done").length;
    const again = (host.starts.get(service) ?? 0) - 1;
    // Several that a host gets at once are done at once.
    if (again > begun || (again === 0 && done > 0))
      say(`${service} was started again ${again} times; of ${begun} commands that were begun ${done} are done`);
  }
  return found;
}

function judgeOrganizations(d1: D1Story, fleets: FleetStory[]): Finding[] {
  const home = new Map(d1.hosts.map(({ id, organizationId }) => [id, organizationId]));
  const rows = [
    ...d1.flips.map((row) => ({ hostId: row.subjectId.split(".")[0] ?? "", row })),
    ...[...d1.incidents, ...d1.services, ...d1.commands].map((row) => ({ hostId: row.hostId, row })),
    ...fleets.flatMap(({ hosts }) => hosts.map((row) => ({ hostId: row.id, row }))),
  ];
  return rows
    .filter(({ hostId, row }) => home.get(hostId) !== row.organizationId)
    .map(({ hostId, row }) => ({ kind: "foreign", where: hostId, what: JSON.stringify(row) }));
}

function judgeFleets(d1: D1Story, fleets: FleetStory[]): Finding[] {
  const where = "the Fleets";
  const open = d1.incidents.filter(({ closedMs }) => closedMs === null).map(({ id }) => id);
  const theirs = fleets.flatMap(({ openIncidents }) => openIncidents);
  const found: Finding[] = fleets.flatMap(({ setAside, openCommands, hosts }) => [
    ...setAside.map((error): Finding => ({ kind: "lost", where, what: `set aside: ${error}` })),
    ...openCommands.map((id): Finding => ({ kind: "command", where, what: `${id} is still in flight` })),
    ...(new Set(hosts.map(({ organizationId }) => organizationId)).size > 1
      ? [{ kind: "foreign" as const, where, what: `one knows hosts of several: ${JSON.stringify(hosts)}` }]
      : []),
  ]);
  if (open.sort().join() !== theirs.sort().join())
    found.push({
      kind: "state",
      where,
      what: `open incidents: D1 has ${open.join(", ")}, they have ${theirs.join(", ")}`,
    });
  return found;
}

function serviceOf(event: JournalEvent): string | null {
  if (event.kind === "flip") return event.snapshot.name;
  return "service" in event ? (event.service ?? null) : null;
}
