import type { IncidentKind } from "@afloat/shared/domain";
import { applyDecision, type AlertState, dueAtMs, emptyState } from "../../src/alerts/core/alert-state.ts";
import type {
  AlertChannel,
  AlertEvent,
  AlertFacts,
  AlertRow,
  Message,
  News,
  Rule,
  Setup,
  Why,
} from "../../src/alerts/core/alert-types.ts";
import { decideAlerts } from "../../src/alerts/core/decide-alerts.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** 2026-11-26 02:00 UTC. */
export const START_MS = Date.UTC(2026, 10, 26, 2);

export const SLACK: AlertChannel = { id: "slack", name: "Slack #ops", isOff: false };
export const PAGER: AlertChannel = { id: "pager", name: "On call", isOff: false };
export const MAIL: AlertChannel = { id: "mail", name: "Mail to Mara", isOff: false };

/** Alerting of one organization with its own clock: what is due is decided when its time comes. */
export class Watch {
  readonly state: AlertState = emptyState();
  readonly messages: Message[] = [];
  readonly why: Why[] = [];
  /** Of every incident that was heard of. */
  readonly titles = new Map<string, string>();
  readonly stored = new Map<string, AlertRow>();
  setup: Setup;
  nowMs = START_MS;

  constructor(setup: Partial<Setup> = {}) {
    this.setup = { rules: [], channels: [SLACK], silences: [], maintenance: [], ...setup };
  }

  /** Time passes, up to `ms` after the start. */
  to(ms: number): this {
    return this.passTo(START_MS + ms);
  }

  /** Time passes, up to this moment. */
  passTo(untilMs: number): this {
    for (let dueMs = dueAtMs(this.state); dueMs !== null && dueMs <= untilMs; dueMs = dueAtMs(this.state)) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.decide({ kind: "alarm" });
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
    return this;
  }

  decide(event: AlertEvent): Message[] {
    const decision = decideAlerts(this.state, event, this.setup, this.nowMs);
    applyDecision(this.state, decision);
    for (const row of decision.stored) this.stored.set(`${row.kind}/${row.id}`, row);
    for (const { kind, id } of decision.removed) this.stored.delete(`${kind}/${id}`);
    this.messages.push(...decision.messages);
    this.why.push(...decision.why);
    return decision.messages;
  }

  open(...incidents: Incident[]): Message[] {
    for (const { id, facts } of incidents) this.titles.set(id, facts.title);
    return this.decide({ kind: "news", news: incidents.map((incident) => newsOf(incident, "opened", this.nowMs)) });
  }

  close(...incidents: Incident[]): Message[] {
    return this.decide({ kind: "news", news: incidents.map((incident) => newsOf(incident, "closed", this.nowMs)) });
  }

  late(...incidents: Incident[]): Message[] {
    for (const { id, facts } of incidents) this.titles.set(id, facts.title);
    const news = incidents.map((incident) => ({ ...newsOf(incident, "closed", this.nowMs), late: true }));
    return this.decide({ kind: "news", news });
  }

  change(setup: Partial<Setup>): Message[] {
    this.setup = { ...this.setup, ...setup };
    return this.decide({ kind: "setup-changed" });
  }

  acknowledge({ id }: Incident, byName = "Mara"): Message[] {
    return this.decide({ kind: "acknowledged", incidentId: id, byId: byName.toLowerCase(), byName });
  }

  /** What was said, as `phase: title`. */
  said(): string[] {
    return this.messages.map(({ phase, title }) => `${phase}: ${title}`);
  }
}

export interface Incident {
  id: string;
  facts: AlertFacts;
}

let count = 0;

/** An incident of a service, or of a host where the kind is a host's. */
export function incident(
  kind: IncidentKind,
  host: string,
  service: string | null = null,
  more: Partial<AlertFacts> = {},
): Incident {
  count += 1;
  const title = TITLES[kind].replace("NAME", service === null ? host : `${host} / ${service}`);
  const facts: AlertFacts = {
    kind,
    subjectId: service === null ? host : `${host}.${service}`,
    hostId: host,
    hostName: host,
    hostTags: [],
    serviceName: service,
    title,
    cause: CAUSES[kind],
    openedMs: START_MS,
    closedMs: null,
    evidence: { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null },
    ...more,
  };
  return { id: `${host}-${String(count).padStart(6, "0")}-${kind}`, facts };
}

export function rule(id: string, more: Partial<Rule> = {}): Rule {
  return {
    ...{ id, position: 1, name: id, match: {}, severity: null, confirmMs: 0, group: "host" },
    tell: { steps: [{ afterMs: 0, channelIds: "all" }] },
    ...more,
  };
}

function newsOf({ id, facts }: Incident, phase: News["phase"], nowMs: number): News {
  const openedMs = facts.openedMs === START_MS && phase === "opened" ? nowMs : facts.openedMs;
  // A second telling of the same says the same.
  facts.openedMs = openedMs;
  if (phase === "closed") facts.closedMs ??= nowMs;
  return { incidentId: id, phase, atMs: nowMs, incident: { ...facts }, late: false };
}

const TITLES: Record<IncidentKind, string> = {
  "restart-loop": "NAME is restarting in a loop",
  "service-down": "NAME is down, and nothing will start it again",
  "endpoint-regressed": "NAME stopped answering its health check",
  "endpoint-unproven": "NAME has a health check that looks wrong",
  "endpoint-crashes-service": "NAME is crashed by its own health check",
  "port-conflict": "NAME cannot have its port",
  "host-offline": "NAME is silent",
  "host-flapping": "NAME goes and comes again and again",
  "hosts-silent": "12 of 20 hosts are silent",
  "host-cloned": "Another machine speaks as NAME",
  "agent-loop": "NAME: its agent starts again and again",
  "command-failed": "NAME: restart failed",
};

const CAUSES: Record<IncidentKind, string> = {
  "restart-loop": "4 restarts in 38 s, exits with code 1 within 0.8 s of every start",
  "service-down": "exited with code 2",
  "endpoint-regressed": "GET /health → timed out after 2 s; it answered until 01:59",
  "endpoint-unproven": "GET /health → 404; it never answered",
  "endpoint-crashes-service": "it ended twice while GET /health was called; it is called no more",
  "port-conflict": "port 8080 is held by pid 412 (nginx); a restart cannot cure it",
  "host-offline": "nothing heard since 01:58 UTC, for 90 s",
  "host-flapping": "silent 4 times within 40 min",
  "hosts-silent": "12 went within seconds of each other, heard last about 01:58 UTC",
  "host-cloned": "a machine called web-1-copy",
  "agent-loop": "4 starts in 6 min, none of them ended as it should",
  "command-failed": "restart of api, asked by Mara, failed: the new process ended at once",
};
