import { publicStatus } from "@afloat/shared/core/public-status";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { JournalEvent, Omitted } from "@afloat/shared/wire";
import type { IncidentView } from "../../live.ts";
import type { Maintenance } from "../../maintenance/core/maintenance.ts";
import { countRun, decideAgentLoop, decideAgentLoopOver } from "./agent-loop.ts";
import { type Change, noChange } from "./change.ts";
import { takeStep } from "./command-flight.ts";
import {
  type DurableRecord,
  type FleetHost,
  type FleetService,
  type FlyingCommand,
  type OpenIncident,
  serviceIdOf,
} from "./fleet-types.ts";
import { isCatchingUp, isOver } from "./catch-up.ts";
import { decideFailedCommand } from "./failed-command.ts";
import { decideHeldIncident } from "./held-incident.ts";
import { decideIncidents, type Ruling } from "./incident-rules.ts";

/** What the Fleet knows of one host before the events. */
export interface Known {
  host: FleetHost;
  journalId: string;
  services: ReadonlyMap<string, FleetService>;
  /** Open incidents of this host. */
  incidents: readonly OpenIncident[];
  commands: ReadonlyMap<string, FlyingCommand>;
  /** Maintenance of its organization, of late and to come. */
  maintenance: readonly Maintenance[];
}

/** What new events of a host come to. They are in order, without holes, and none was seen before. */
export function decideArrival(known: Known, events: readonly JournalEvent[], nowMs: number): Change {
  const change = noChange();
  for (const event of events) {
    // A host whose clock is ahead cannot write into the future.
    const atMs = Math.min(event.atMs, nowMs);
    if (event.kind === "flip") takeFlip(known, change, event.snapshot, { atMs, seq: event.seq });
    if (event.kind === "removed") {
      change.services.delete(event.service);
      change.removed.set(event.service, { atMs });
    }
    if (event.kind === "command") takeCommand(known, change, event, atMs);
    takeRun(known, change, event, { atMs, seq: event.seq });
    if (event.kind === "omitted" && event.why !== "storm") change.written.push(droppedOf(known.host, event, nowMs));
    const subject = subjectOf(event);
    if (subject === null) continue;
    for (const ruling of decideIncidents(event, `${known.host.name} / ${subject}`)) {
      takeRuling(known, change, subject, ruling, { atMs, seq: event.seq, nowMs });
    }
  }
  if (!isCatchingUp(known.host.catchUp, events.at(-1)?.seq ?? 0)) endAgentLoop(known, change, nowMs);
  return change;
}

/**
 * Brings the services in line with what hello says of them, where no events are to come that would. Only differences
 * that a person would see count: times of the last probe change with every probe.
 */
export function decideReconcile(known: Known, snapshots: readonly ServiceSnapshot[], at: At): Change {
  const change = noChange();
  const now = { ...at, nowMs: at.atMs };
  for (const snapshot of snapshots) {
    const before = known.services.get(snapshot.name);
    if (before !== undefined && seen(before.snapshot) === seen(snapshot)) continue;
    takeFlip(known, change, snapshot, at);
    for (const event of standingFor(snapshot, at)) {
      for (const ruling of decideIncidents(event, `${known.host.name} / ${snapshot.name}`)) {
        takeRuling(known, change, snapshot.name, ruling, now);
      }
    }
  }
  const named = new Set(snapshots.map((snapshot) => snapshot.name));
  for (const name of known.services.keys()) {
    if (named.has(name)) continue;
    change.removed.set(name, { atMs: at.atMs });
    const event: JournalEvent = { kind: "removed", service: name, ...at };
    for (const ruling of decideIncidents(event, name)) takeRuling(known, change, name, ruling, now);
  }
  return change;
}

/** The events that would have told of this state, where they are lost. */
function standingFor(snapshot: ServiceSnapshot, at: At): JournalEvent[] {
  const { name: service, loop, lastExit: exit } = snapshot;
  const flip: JournalEvent = { kind: "flip", snapshot, ...at };
  if (loop === null || loop.closedMs !== null) return [flip];
  return [flip, { kind: "loop-opened", service, loop, exit, lastLines: [], ...at }];
}

interface At {
  atMs: number;
  seq: number;
}

function takeFlip(known: Known, change: Change, snapshot: ServiceSnapshot, at: At): void {
  const removed = change.removed.delete(snapshot.name);
  const before = change.services.get(snapshot.name) ?? (removed ? undefined : known.services.get(snapshot.name));
  const word = publicStatus(snapshot, before?.publicStatus ?? null);
  change.services.set(snapshot.name, { snapshot, publicStatus: word });
  const same =
    before !== undefined &&
    before.snapshot.verdict === snapshot.verdict &&
    before.snapshot.reasonCode === snapshot.reasonCode &&
    before.publicStatus === word;
  if (same) return;
  const { verdict, reasonCode, reason } = snapshot;
  change.written.push({
    kind: "flip",
    subjectId: serviceIdOf(known.host.id, snapshot.name),
    journalId: known.journalId,
    ...at,
    ...{ verdict, reasonCode, reason, publicStatus: word },
  });
}

function takeCommand(
  known: Known,
  change: Change,
  event: Extract<JournalEvent, { kind: "command" }>,
  atMs: number,
): void {
  const command = change.commands.get(event.command) ?? known.commands.get(event.command);
  // Not in flight, or another host's: nothing that this host may report on.
  if (command === undefined || command.hostId !== known.host.id) return;
  const next = takeStep(command, event.step, atMs, event.detail);
  if (next === null) return;
  change.commands.set(next.id, next);
  change.incidents.push(...decideFailedCommand(next, known.host.name));
}

/** What it says of the agent itself. */
function takeRun(known: Known, change: Change, event: JournalEvent, at: At): void {
  const { host, journalId } = known;
  const runs = countRun(change.patch.agentRuns ?? host.agentRuns, event, at.atMs);
  if (runs === null) return;
  endAgentLoop(known, change, at.atMs);
  change.patch.agentRuns = runs;
  if (openIncident(known, change, host.id, "agent-loop") !== undefined) return;
  change.incidents.push(...decideAgentLoop(host, runs, `${host.id}-${journalId}-${at.seq}-agent-loop`));
}

/** Its agent starts again and again no more, as far as is known by then. */
function endAgentLoop(known: Known, change: Change, byMs: number): void {
  const { host } = known;
  const open = openIncident(known, change, host.id, "agent-loop");
  if (open === undefined) return;
  const agentRuns = change.patch.agentRuns ?? host.agentRuns;
  const { view, subjectId, untold } = open;
  change.incidents.push(...decideAgentLoopOver({ ...host, agentRuns }, { view, subjectId, untold }, byMs));
}

function takeRuling(known: Known, change: Change, service: string, ruling: Ruling, at: At & { nowMs: number }): void {
  const subjectId = serviceIdOf(known.host.id, service);
  const open = openIncident(known, change, subjectId, ruling.incident);
  if (ruling.kind === "close") {
    if (open === undefined) return;
    // One that began in this very change is told by its end alone, of whatever kind it is.
    const isFresh = change.incidents.some(
      (turn) => turn.kind === "opened" && turn.tell && turn.view.id === open.view.id,
    );
    const tell = ruling.tell || open.untold === true || isFresh;
    change.incidents.push({ kind: "closed", view: open.view, subjectId, atMs: at.atMs, tell });
    return;
  }
  if (open !== undefined) return;
  const { title, cause, evidence } = ruling;
  const untold = isOver(known.host.catchUp, `${service}/${ruling.incident}`, at.seq);
  const tell = ruling.tell && !untold;
  const subject = { hostId: known.host.id, serviceId: subjectId };
  const heldUntilMs = decideHeldIncident(known.maintenance, subject, { atMs: at.atMs, nowMs: at.nowMs, untold });
  const view: IncidentView = {
    // The host is part of it: another organization's journal cannot take an id away from us.
    id: `${known.host.id}-${known.journalId}-${at.seq}-${ruling.incident}`,
    kind: ruling.incident,
    hostId: known.host.id,
    hostName: known.host.name,
    service,
    ...{ title, cause, causeCode: evidence.causeCode },
    openedMs: at.atMs,
    closedMs: null,
    lastLines: evidence.lastLines,
    told: [],
    ...(heldUntilMs === null ? {} : { heldUntilMs }),
  };
  change.incidents.push({ kind: "opened", view, subjectId, evidence, tell, untold });
}

/** The open incident of this kind: the last turn of it decides, else what was open before. */
function openIncident(known: Known, change: Change, subjectId: string, kind: string): OpenIncident | undefined {
  const isIt = (incident: OpenIncident) => incident.subjectId === subjectId && incident.view.kind === kind;
  const turn = change.incidents.findLast(isIt);
  if (turn === undefined) return known.incidents.find(isIt);
  return turn.kind === "closed" ? undefined : turn;
}

/** Events that nobody will ever know more of. */
function droppedOf(host: FleetHost, event: Omitted, nowMs: number): DurableRecord {
  const kinds = Object.entries(event.counts).map(([kind, count]) => `${count} ${kind}`);
  const detail = { why: event.why, kinds: kinds.join(", "), from: `${event.from}`, upTo: `${event.seq}` };
  const times = { fromMs: `${event.fromMs}`, upToMs: `${event.atMs}` };
  return { kind: "audit", action: "host.events-lost", target: host.id, detail: { ...detail, ...times }, atMs: nowMs };
}

function subjectOf(event: JournalEvent): string | null {
  if (event.kind === "flip") return event.snapshot.name;
  return "service" in event ? (event.service ?? null) : null;
}

/** What a person sees of a snapshot. */
function seen(snapshot: ServiceSnapshot): string {
  const { endpoint, nextTryMs: _nextTryMs, ...rest } = snapshot;
  return JSON.stringify([rest, endpoint?.proven, endpoint?.retired]);
}
