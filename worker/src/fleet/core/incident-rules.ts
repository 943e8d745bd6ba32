import type { IncidentKind, ServiceSnapshot } from "@afloat/shared/domain";
import { exitWords } from "@afloat/shared/core/answer-words";
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
  "restart-loop": "is restarting in a loop",
  "service-down": "is down, and nothing will start it again",
  "endpoint-regressed": "stopped answering its health check",
  "endpoint-unproven": "has a health check that looks wrong",
  "endpoint-crashes-service": "is crashed by its own health check",
  "port-conflict": "cannot have its port",
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

/** What must not be shown as trouble any more, whatever was missed: from the state as it is. */
function decideByFlip(snapshot: ServiceSnapshot, name: string): Ruling[] {
  switch (snapshot.verdict) {
    case "healthy":
    case "completed": {
      const over = CURED_BY_HEALTH.map(closing);
      return snapshot.endpoint?.retired === true ? over : [...over, closing("endpoint-crashes-service")];
    }
    case "paused":
      return CURED_BY_PAUSE.map(closing);
    case "down": {
      // Down in `completed` is the end of it: the policy says no restart.
      if (snapshot.state !== "completed") return [];
      const exit = snapshot.lastExit === null ? null : exitWords(snapshot.lastExit);
      return [opening("service-down", name, snapshot.reason, { ...NO_EVIDENCE, exit })];
    }
    case "starting":
      return [closing("service-down")];
    case "degraded":
      // It listens again: whoever held its port has let go.
      return [closing("service-down"), closing("port-conflict")];
    case "unhealthy":
    case "waiting":
      return [];
  }
}

const NO_EVIDENCE: IncidentEvidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
const CURED_BY_HEALTH: IncidentKind[] = ["endpoint-unproven", "endpoint-regressed", "port-conflict", "service-down"];
const CURED_BY_PAUSE: IncidentKind[] = ["endpoint-regressed", "port-conflict", "service-down"];
/** Every kind of incident that a service can have. */
export const ALL: readonly IncidentKind[] = [...CURED_BY_HEALTH, "restart-loop", "endpoint-crashes-service"];

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
