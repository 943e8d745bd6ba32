import { durationWords } from "@afloat/shared/core/duration";
import type { CommandStep } from "@afloat/shared/domain";

/** `queued › delivered after 0.1 s › done after 1.4 s`: the steps of a command, each by how long after the first it came. */
export function stepsWords(steps: readonly { step: CommandStep; atMs: number }[]): string {
  const [first, ...rest] = steps;
  if (first === undefined) return "";
  return [
    first.step,
    ...rest.map(({ step, atMs }) => `${step} after ${durationWords(Math.max(0, atMs - first.atMs))}`),
  ].join(" › ");
}
