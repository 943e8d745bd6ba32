import type { Diagnosis } from "@afloat/shared/domain";
import type { ServiceSpec } from "@afloat/shared/spec";
import { diagnose, type Evidence } from "./diagnose.ts";
import { Turns } from "./turns.ts";

/** How many diagnoses an agent makes at once: hundreds of services that fail together must not become a load. */
const turns = new Turns(4);

/** A diagnosis when its turn comes, as the wire carries it; null where nothing is wrong, or it was called off. */
export function diagnoseInTurn(
  spec: ServiceSpec,
  evidence: Evidence,
  calledOff: AbortSignal,
): Promise<Diagnosis | null> {
  return turns.take(async () => {
    const found = calledOff.aborted ? null : await diagnose(spec, evidence, calledOff);
    if (found === null) return null;
    const { edit: _, ...diagnosis } = found;
    return diagnosis;
  });
}
