import type { CommandStep, Verb } from "@afloat/shared/domain";
import type { IncidentTurn } from "./change.ts";
import { lastStep } from "./command-flight.ts";
import { type FlyingCommand, serviceIdOf } from "./fleet-types.ts";

/** Ends that whoever asked would want to hear of, in words. */
const FAILED: Partial<Record<CommandStep, string>> = {
  failed: "failed",
  refused: "was refused",
  interrupted: "was interrupted",
  expired: "expired",
};

/** Asking to look is no doing: whoever did that sees that nothing came. */
const LOOKS: readonly Verb[] = ["check", "logs"];

/** That a command ended otherwise than it was meant: an incident that is told once, and is over by that. */
export function decideFailedCommand(command: FlyingCommand, hostName: string): IncidentTurn[] {
  const { id, hostId, service, verb, by, steps } = command;
  const said = FAILED[lastStep(command)];
  const end = steps.at(-1);
  if (said === undefined || end === undefined || LOOKS.includes(verb)) return [];
  const subjectId = serviceIdOf(hostId, service);
  const view = {
    ...{ id: `${hostId}-${id}-command-failed`, kind: "command-failed" as const, hostId, hostName, service },
    title: `${hostName} / ${service}: the ${verb} that ${by} asked for ${said}`,
    cause: end.detail === "" ? "the host did not say why" : end.detail,
    ...{ causeCode: null, openedMs: end.atMs, closedMs: null, lastLines: [], told: [] },
  };
  const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
  return [
    { kind: "opened", view, subjectId, evidence, tell: true },
    { kind: "closed", view, subjectId, atMs: end.atMs, tell: false },
  ];
}
