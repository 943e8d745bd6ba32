import type { IncidentKind, ReasonCode, ServiceSnapshot } from "@afloat/shared/domain";
import { exitWords } from "@afloat/shared/core/answer-words";
import { NOTICE_TITLES } from "@afloat/shared/core/notice-titles";
import { durationWords } from "@afloat/shared/core/duration";
import type { JournalEvent } from "@afloat/shared/wire";
import type { IncidentEvidence } from "../../db/schema.ts";

/** What an event says about the incidents of its service. Opening an open one, or closing a closed one, is nothing. */
export type Ruling =
  | { kind: "open"; incident: IncidentKind; title: string; cause: string; evidence: IncidentEvidence; tell: boolean }
  | { kind: "close"; incident: IncidentKind; tell: boolean };

/** What is found elsewhere: of a host itself in silence.ts and agent-loop.ts, of a command in failed-command.ts. */
type OtherIncident =
  | ("host-offline" | "host-flapping" | "hosts-silent" | "host-cloned" | "agent-loop")
  | "command-failed";

/** Endings that a person is told of as well; of the others he sees on the page that they are over. */
const TELLS_ITS_END: readonly IncidentKind[] = ["restart-loop", "endpoint-regressed", "port-conflict", "service-down"];

const TITLES: Record<Exclude<IncidentKind, OtherIncident>, string> = {
  ...NOTICE_TITLES,
  "restart-loop": "is restarting in a loop",
  "service-down": "is down, and nothing will start it again",
};

/** The rules by which incidents of a service open and close. `name` is `host / service`. */
export function decideIncidents(event: JournalEvent, name: string): Ruling[] {
  switch (event.kind) {
    case "loop-opened": {
      const { restarts, spanMs, cause } = event.loop;
      const words = `${restarts} restarts in ${durationWords(spanMs)}, ${cause.text}`;
      const exit = event.exit === null ? null : exitWords(event.exit);
      const evidence = { lastLines: event.lastLines, exit, restarts, spanMs, causeCode: cause.code };
      return [opening("restart-loop", name, words, evidence)];
    }
    case "loop-closed":
      return [closing("restart-loop")];
    case "notice":
      return [opening(event.code, name, event.text, { ...NO_EVIDENCE })];
    case "flip":
      return [...decideByLoop(event.snapshot), ...decideByFlip(event.snapshot, name)];
    case "removed":
      return ALL.map((kind) => ({ kind: "close", incident: kind, tell: false }));
    case "agent-started":
    case "agent-stopped":
    case "exited":
    case "restart":
    case "command":
    case "omitted":
      return [];
  }
}

/** A loop is opened by its own event alone, which carries the last lines; that it is over, any snapshot may say. */
function decideByLoop({ loop }: ServiceSnapshot): Ruling[] {
  return loop === null || loop.closedMs !== null ? [closing("restart-loop")] : [];
}

/** What stands, and what must not be shown as trouble any more, whatever was missed: from the state as it is. */
function decideByFlip(snapshot: ServiceSnapshot, name: string): Ruling[] {
  const { reason } = snapshot;
  switch (snapshot.verdict) {
    case "healthy":
    case "completed":
      return [...curedBy(snapshot), "port-conflict" as const, "service-down" as const].map(closing);
    case "paused":
      return CURED_BY_PAUSE.map(closing);
    case "down": {
      // Down in `completed` is the end of it: the policy says no restart.
      if (snapshot.state !== "completed") return [];
      const exit = snapshot.lastExit === null ? null : exitWords(snapshot.lastExit);
      return [opening("service-down", name, reason, { ...NO_EVIDENCE, exit })];
    }
    case "starting":
      return [closing("service-down")];
    case "degraded":
    case "unhealthy": {
      const found = FOUND_BY_CHECKS[snapshot.reasonCode];
      const opened = found === undefined ? [] : [opening(found, name, reason, { ...NO_EVIDENCE })];
      if (snapshot.verdict === "unhealthy") return opened;
      // It listens again: whoever held its port has let go, unless that is what is said.
      const over: IncidentKind[] = found === "port-conflict" ? ["service-down"] : ["service-down", "port-conflict"];
      return [...opened, ...over.map(closing), ...answeredAgain(snapshot).map(closing)];
    }
    case "waiting":
      return [];
  }
}

/** What is proven of the endpoint. Where it is just not called, since it may have crashed the service, that it is healthy proves nothing. */
function curedBy({ verdict, endpoint, reasonCode }: ServiceSnapshot): IncidentKind[] {
  if (endpoint?.retired === true) return ["endpoint-unproven", "endpoint-regressed"];
  const isCalled = verdict === "completed" || (reasonCode !== "port-only" && reasonCode !== "process-only");
  return endpoint === null || isCalled ? OF_ITS_ENDPOINT : [];
}

/** While one of several ports is closed, its endpoint is called all the same, and may answer. */
function answeredAgain({ reasonCode, endpoint, sinceMs }: ServiceSnapshot): IncidentKind[] {
  if (reasonCode !== "port-missing") return [];
  const answers = endpoint === null || (endpoint.lastOkMs ?? 0) >= sinceMs - SAME_CHECK_MS;
  return answers ? ["endpoint-unproven", "endpoint-regressed"] : [];
}

/** Ports and endpoint of one check are looked at so far apart at most, milliseconds. */
const SAME_CHECK_MS = 1_000;

/** What is said of a service that runs, and is wrong with one of its checks. */
const FOUND_BY_CHECKS: Partial<Record<ReasonCode, "endpoint-unproven" | "endpoint-regressed" | "port-conflict">> = {
  "unproven-endpoint": "endpoint-unproven",
  "unproven-port": "endpoint-unproven",
  "regressed-endpoint": "endpoint-regressed",
  "port-conflict": "port-conflict",
};

const NO_EVIDENCE: IncidentEvidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
const OF_ITS_ENDPOINT: IncidentKind[] = ["endpoint-unproven", "endpoint-regressed", "endpoint-crashes-service"];
const CURED_BY_PAUSE: IncidentKind[] = ["endpoint-regressed", "port-conflict", "service-down"];
/** Every kind of incident that a service can have. */
export const ALL: readonly IncidentKind[] = [...OF_ITS_ENDPOINT, "port-conflict", "service-down", "restart-loop"];

function opening(
  incident: Exclude<IncidentKind, OtherIncident>,
  name: string,
  cause: string,
  evidence: IncidentEvidence,
): Ruling {
  return { kind: "open", incident, title: `${name} ${TITLES[incident]}`, cause, evidence, tell: true };
}

function closing(incident: IncidentKind): Ruling {
  return { kind: "close", incident, tell: TELLS_ITS_END.includes(incident) };
}
