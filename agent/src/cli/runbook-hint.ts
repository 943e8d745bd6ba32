export { runbookTopicOf } from "@afloat/shared/core/runbook";

/** The command that prints a topic of the runbook. */
export function runbookCommand(topic: string): string {
  return `afloat runbook ${topic}`;
}

/** What ends a line of trouble: where a person reads on. */
export function runbookHint(topic: string): string {
  return `Runbook: ${runbookCommand(topic)}`;
}
