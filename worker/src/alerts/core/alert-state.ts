import type { Alert, AlertDecision, AlertIncident, AlertRow, Flap, Storm } from "./alert-types.ts";
import { type Due, pushDue, settleDue } from "./due-queue.ts";
import { hostIdsOf } from "./rules.ts";

/** All that alerting knows of one organization: its rows, and how they are found. The rows alone are stored. */
export interface AlertState {
  incidents: Map<string, AlertIncident>;
  alerts: Map<string, Alert>;
  flaps: Map<string, Flap>;
  storms: Map<string, Storm>;
  /** Incidents that are not over, by each host that they are about. */
  byHost: Map<string, Set<string>>;
  /** Incidents by their alert. */
  byAlert: Map<string, Set<string>>;
  /** The newest alert of a group, and of a trouble that spreads. */
  byGroup: Map<string, string>;
  /** Alerts by how people know them. */
  byThread: Map<string, string>;
  /** Those that are over, oldest first: they make room. */
  over: Set<string>;
  due: Due[];
}

/** The state of an organization of which nothing is known yet. */
export function emptyState(): AlertState {
  return {
    ...{ incidents: new Map(), alerts: new Map(), flaps: new Map(), storms: new Map() },
    ...{ byHost: new Map(), byAlert: new Map(), byGroup: new Map(), byThread: new Map(), over: new Set(), due: [] },
  };
}

/** The state as its stored rows have it, in whatever order they come. */
export function stateOf(rows: Iterable<AlertRow>): AlertState {
  const state = emptyState();
  // The newest alert of a group is the one that others join.
  const inOrder = [...rows].sort((a, b) => ageOf(a) - ageOf(b));
  for (const row of inOrder) putRow(state, row);
  return state;
}

/** Takes a decision over into the state that it was made for. */
export function applyDecision(state: AlertState, { stored, removed }: AlertDecision): void {
  for (const row of stored) putRow(state, row);
  for (const { kind, id } of removed) dropRow(state, kind, id);
  settleDue(state.due, (due) => counts(state, due));
  if (state.due.length > 4 * sizeOf(state) + 1000) rebuildDue(state);
}

/** When `alarm` is to be decided next, milliseconds since the epoch; null for never. */
export function dueAtMs({ due }: AlertState): number | null {
  return due[0]?.dueMs ?? null;
}

/** By what those that may join it find an alert. */
export function keysOf({ groupKey, spreadKey }: Alert): string[] {
  return spreadKey === null ? [groupKey] : [groupKey, spreadKey];
}

/** Is it still what the row says? */
export function counts(state: AlertState, { kind, id, dueMs }: Due): boolean {
  return rowOf(state, kind, id)?.dueMs === dueMs;
}

function rowOf(state: AlertState, kind: AlertRow["kind"], id: string): AlertRow | undefined {
  switch (kind) {
    case "incident":
      return state.incidents.get(id);
    case "alert":
      return state.alerts.get(id);
    case "flap":
      return state.flaps.get(id);
    case "storm":
      return state.storms.get(id);
  }
}

function putRow(state: AlertState, row: AlertRow): void {
  const before = rowOf(state, row.kind, row.id);
  switch (row.kind) {
    case "incident":
      unindex(state, state.incidents.get(row.id));
      state.incidents.set(row.id, row);
      indexIncident(state, row);
      break;
    case "alert":
      state.alerts.set(row.id, row);
      if (before === undefined) for (const key of keysOf(row)) state.byGroup.set(key, row.id);
      if (row.threadId !== null) state.byThread.set(row.threadId, row.id);
      break;
    case "flap":
      state.flaps.set(row.id, row);
      break;
    case "storm":
      state.storms.set(row.id, row);
      break;
  }
  const { kind, id, dueMs } = row;
  if (dueMs !== null && dueMs !== before?.dueMs) pushDue(state.due, { kind, id, dueMs });
}

function dropRow(state: AlertState, kind: AlertRow["kind"], id: string): void {
  switch (kind) {
    case "incident":
      unindex(state, state.incidents.get(id));
      state.incidents.delete(id);
      return;
    case "alert": {
      const alert = state.alerts.get(id);
      const keys = alert === undefined ? [] : keysOf(alert);
      for (const key of keys) if (state.byGroup.get(key) === id) state.byGroup.delete(key);
      if (alert?.threadId !== undefined && alert.threadId !== null) state.byThread.delete(alert.threadId);
      state.alerts.delete(id);
      return;
    }
    case "flap":
      state.flaps.delete(id);
      return;
    case "storm":
      state.storms.delete(id);
      return;
  }
}

function indexIncident({ byHost, byAlert, over }: AlertState, incident: AlertIncident): void {
  const { id, alertId, standing, facts } = incident;
  if (alertId !== null) add(byAlert, alertId, id);
  if (standing === "over") over.add(id);
  else for (const hostId of hostIdsOf(facts)) add(byHost, hostId, id);
}

function unindex({ byHost, byAlert, over }: AlertState, incident: AlertIncident | undefined): void {
  if (incident === undefined) return;
  const { id, alertId, standing, facts } = incident;
  if (alertId !== null) take(byAlert, alertId, id);
  if (standing === "over") over.delete(id);
  else for (const hostId of hostIdsOf(facts)) take(byHost, hostId, id);
}

function add(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

function take(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(key);
}

function rebuildDue(state: AlertState): void {
  state.due.length = 0;
  for (const rows of [state.incidents, state.alerts, state.flaps, state.storms]) {
    for (const { kind, id, dueMs } of rows.values()) if (dueMs !== null) pushDue(state.due, { kind, id, dueMs });
  }
}

function sizeOf({ incidents, alerts, flaps, storms }: AlertState): number {
  return incidents.size + alerts.size + flaps.size + storms.size;
}

function ageOf(row: AlertRow): number {
  if (row.kind === "incident") return row.newsMs;
  return row.kind === "alert" ? row.madeMs : 0;
}
