import { type AlertState, keysOf } from "./alert-state.ts";
import type {
  Alert,
  AlertDecision,
  AlertIncident,
  AlertRow,
  Flap,
  Message,
  Setup,
  Storm,
  Why,
  WhySaid,
} from "./alert-types.ts";
import { WHYS } from "./limits.ts";
import { hostIdsOf } from "./rules.ts";

/** A decision in the making: the state as it would be by now. Only what is touched is copied. */
export class AlertDraft {
  readonly setup: Setup;
  readonly nowMs: number;
  readonly messages: Message[] = [];
  readonly #state: AlertState;
  readonly #incidents = new Map<string, AlertIncident | null>();
  readonly #alerts = new Map<string, Alert | null>();
  readonly #flaps = new Map<string, Flap | null>();
  readonly #storms = new Map<string, Storm | null>();
  readonly #groups = new Map<string, string>();
  /** Of incidents that were touched: some may not be there any more. */
  readonly #byHost = new Map<string, Set<string>>();
  readonly #byAlert = new Map<string, Set<string>>();
  readonly #why: Why[] = [];

  constructor(state: AlertState, setup: Setup, nowMs: number) {
    this.#state = state;
    this.setup = setup;
    this.nowMs = nowMs;
  }

  incident(id: string): AlertIncident | undefined {
    return read(this.#incidents, this.#state.incidents, id);
  }

  alert(id: string): Alert | undefined {
    return read(this.#alerts, this.#state.alerts, id);
  }

  flap(id: string): Flap | undefined {
    return read(this.#flaps, this.#state.flaps, id);
  }

  storm(id: string): Storm | undefined {
    return read(this.#storms, this.#state.storms, id);
  }

  /** The newest alert of a group, while there is one. */
  alertOfGroup(groupKey: string): Alert | undefined {
    const id = this.#groups.get(groupKey) ?? this.#state.byGroup.get(groupKey);
    return id === undefined ? undefined : this.alert(id);
  }

  /** The alert that people know by this incident, which may be over itself. */
  alertOfThread(threadId: string): Alert | undefined {
    for (const alert of this.#alerts.values()) if (alert?.threadId === threadId) return alert;
    const id = this.#state.byThread.get(threadId);
    return id === undefined ? undefined : this.alert(id);
  }

  /** The incidents of an alert, in the order in which they opened. */
  members(alertId: string): AlertIncident[] {
    const ids = [this.#state.byAlert.get(alertId), this.#byAlert.get(alertId)];
    return this.#gather(ids, (incident) => incident.alertId === alertId);
  }

  /** Incidents that are not over and are about this host. */
  onHost(hostId: string): AlertIncident[] {
    return this.#gather(
      [this.#state.byHost.get(hostId), this.#byHost.get(hostId)],
      ({ standing, facts }) => standing !== "over" && hostIdsOf(facts).includes(hostId),
    );
  }

  /** Every incident that is not over. For what is rare: it looks at all. */
  all(): AlertIncident[] {
    const ids = [this.#state.incidents.keys(), this.#incidents.keys()];
    return this.#gather(ids, ({ standing }) => standing !== "over");
  }

  /** Every alert. For what is rare: it looks at all. */
  allAlerts(): Alert[] {
    const ids = new Set([...this.#state.alerts.keys(), ...this.#alerts.keys()]);
    return [...ids].sort().flatMap((id) => this.alert(id) ?? []);
  }

  /** Is there room for one more? What is over makes room, the oldest first. */
  hasRoom(limit: number): boolean {
    if (this.#state.incidents.size + this.#incidents.size < limit) return true;
    for (const id of this.#state.over) {
      if (this.#incidents.has(id)) continue;
      this.#incidents.set(id, null);
      return true;
    }
    return false;
  }

  flapCount(): number {
    return this.#state.flaps.size + this.#flaps.size;
  }

  /** Keeps the counts of its alerts. */
  putIncident(incident: AlertIncident): void {
    const before = this.incident(incident.id);
    if (before !== undefined) this.#count(before, -1);
    if ((this.#incidents.get(incident.id) ?? null) === null)
      for (const id of hostIdsOf(incident.facts)) add(this.#byHost, id, incident.id);
    if (incident.alertId !== null) add(this.#byAlert, incident.alertId, incident.id);
    this.#incidents.set(incident.id, incident);
    this.#count(incident, 1);
  }

  putAlert(alert: Alert): void {
    if (this.alert(alert.id) === undefined) for (const key of keysOf(alert)) this.#groups.set(key, alert.id);
    this.#alerts.set(alert.id, alert);
  }

  putFlap(flap: Flap): void {
    this.#flaps.set(flap.id, flap);
  }

  putStorm(storm: Storm): void {
    this.#storms.set(storm.id, storm);
  }

  dropIncident(id: string): void {
    this.#incidents.set(id, null);
  }

  dropAlert(id: string): void {
    this.#alerts.set(id, null);
  }

  dropFlap(id: string): void {
    this.#flaps.set(id, null);
  }

  dropStorm(id: string): void {
    this.#storms.set(id, null);
  }

  /** Writes down why, until there is enough. */
  why(incidentId: string, said: WhySaid): void {
    const incident = this.incident(incidentId);
    if (incident === undefined || incident.whys >= WHYS) return;
    this.#incidents.set(incidentId, { ...incident, whys: incident.whys + 1 });
    this.#why.push({ incidentId, atMs: this.nowMs, ...said });
  }

  /** Of an incident that is not kept. */
  whyNot(incidentId: string, said: WhySaid): void {
    this.#why.push({ incidentId, atMs: this.nowMs, ...said });
  }

  decision(): AlertDecision {
    const stored: AlertRow[] = [];
    const removed: AlertDecision["removed"] = [];
    const take = <Row extends AlertRow>(kind: Row["kind"], rows: Map<string, Row | null>, had: Map<string, Row>) => {
      for (const [id, row] of rows) {
        if (row !== null) stored.push(row);
        else if (had.has(id)) removed.push({ kind, id });
      }
    };
    take("incident", this.#incidents, this.#state.incidents);
    for (const [id, alert] of this.#alerts) if (alert !== null) this.#alerts.set(id, { ...alert, dueMs: dueOf(alert) });
    take("alert", this.#alerts, this.#state.alerts);
    take("flap", this.#flaps, this.#state.flaps);
    take("storm", this.#storms, this.#state.storms);
    return { stored, removed, messages: this.messages, why: this.#why };
  }

  #gather(ids: (Iterable<string> | undefined)[], isIt: (incident: AlertIncident) => boolean): AlertIncident[] {
    const found = new Map<string, AlertIncident>();
    for (const id of ids.flatMap((some) => [...(some ?? [])])) {
      const incident = this.incident(id);
      if (incident !== undefined && isIt(incident)) found.set(id, incident);
    }
    return [...found.values()].sort(byOpening);
  }

  #count(incident: AlertIncident, by: 1 | -1): void {
    const alert = incident.alertId === null ? undefined : this.alert(incident.alertId);
    if (alert === undefined) return;
    switch (incident.standing) {
      case "waiting":
        return this.putAlert({ ...alert, waiting: alert.waiting + by });
      case "told":
        if (incident.facts.closedMs === null) return this.putAlert({ ...alert, open: alert.open + by });
        return this.putAlert({ ...alert, ends: alert.ends + by });
      case "held":
        return this.putAlert({ ...alert, open: alert.open + by });
      case "muted":
      case "over":
        return;
    }
  }
}

/** The rules of when: what it has to say, and, while something stands that nobody looks after, its steps and reminders. */
function dueOf({ sayMs, stepMs, reminderMs, open, acknowledged }: Alert): number | null {
  const loud = open > 0 && acknowledged === null ? [stepMs, reminderMs] : [];
  const due = [sayMs, ...loud].filter((ms) => ms !== null);
  return due.length === 0 ? null : Math.min(...due);
}

function read<Row>(own: Map<string, Row | null>, state: Map<string, Row>, id: string): Row | undefined {
  const row = own.get(id);
  return row === undefined ? state.get(id) : (row ?? undefined);
}

function add(index: Map<string, Set<string>>, key: string, id: string): void {
  const ids = index.get(key);
  if (ids === undefined) index.set(key, new Set([id]));
  else ids.add(id);
}

function byOpening(a: AlertIncident, b: AlertIncident): number {
  return a.facts.openedMs - b.facts.openedMs || (a.id < b.id ? -1 : Number(a.id > b.id));
}
