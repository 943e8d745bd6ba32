import {
  type Diagnosis,
  DIAGNOSIS_CODES,
  INCIDENT_KINDS,
  type IncidentKind,
  LOOP_CAUSES,
  type LoopCauseCode,
  REASON_CODES,
  type ReasonCode,
  type ServiceSnapshot,
  VERDICTS,
  type Verdict,
} from "../domain.ts";

/**
 * Whatever a person may be shown as a code, and the heading of docs/runbook.md that says what it means and what to do. The
 * heading, its anchor and the topic of `afloat runbook` are one word: the code itself, a loop's cause with `loop-` before it.
 * What a notice is about and what an incident is about are the same words.
 */
export type RunbookCode =
  | { of: "verdict"; code: Verdict }
  | { of: "reason"; code: ReasonCode }
  | { of: "loop"; code: LoopCauseCode }
  | { of: "diagnosis"; code: Diagnosis["code"] }
  | { of: "incident"; code: IncidentKind };

/** The topic of a code. */
export function runbookTopic({ of, code }: RunbookCode): string {
  return of === "loop" ? `loop-${code}` : code;
}

/** What a person should read about a service: its loop's cause, else its diagnosis, else the reason; null where all is well. */
export function runbookTopicOf(
  service: Pick<ServiceSnapshot, "loop" | "diagnosis" | "verdict" | "reasonCode">,
): string | null {
  const { loop, diagnosis, verdict, reasonCode } = service;
  if (loop !== null) return runbookTopic({ of: "loop", code: loop.cause.code });
  if (diagnosis !== null) return runbookTopic({ of: "diagnosis", code: diagnosis.code });
  if (verdict === "healthy" && reasonCode !== "foreign-answer") return null;
  return runbookTopic({ of: "reason", code: reasonCode });
}

/** What a person should read about an incident: of a restart loop its cause (`causeCode`), where that is known. */
export function runbookTopicOfIncident(kind: IncidentKind, causeCode: string | null): string {
  const cause = LOOP_CAUSES.find((code) => code === causeCode);
  if (kind === "restart-loop" && cause !== undefined) return runbookTopic({ of: "loop", code: cause });
  return runbookTopic({ of: "incident", code: kind });
}

/** Every topic that the runbook must have, each once. */
export function runbookTopics(): string[] {
  const topics = [
    ...VERDICTS,
    ...REASON_CODES,
    ...LOOP_CAUSES.map((code) => runbookTopic({ of: "loop", code })),
    ...DIAGNOSIS_CODES,
    ...INCIDENT_KINDS,
  ];
  return [...new Set(topics)];
}
