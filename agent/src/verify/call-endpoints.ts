import { answerWords } from "@afloat/shared/core/answer-words";
import { askedWords } from "@afloat/shared/core/endpoint-words";
import type { ServiceSpec } from "@afloat/shared/spec";
import { probeEndpoint } from "../probe/endpoint.ts";
import type { Call, Watch } from "./core/watch.ts";

/** How many endpoints are called at once. */
const AT_ONCE = 8;

/** Calls every endpoint of a service that runs, once. One that crashes its service is called by nobody. */
export async function callEndpoints(
  specs: readonly ServiceSpec[],
  watch: Watch,
  when: Call["when"],
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...specs];
  const caller = async () => {
    for (let spec = waiting.shift(); spec !== undefined && !signal.aborted; spec = waiting.shift()) {
      await callOne(spec, watch, when);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

async function callOne(spec: ServiceSpec, watch: Watch, when: Call["when"]): Promise<void> {
  const last = watch.services.get(spec.name)?.last;
  if (spec.endpoint === null || last?.state !== "up" || last.endpoint?.retired === true) return;
  const answer = await probeEndpoint(spec, spec.endpoint, spec.check.timeoutMs);
  watch.called(spec.name, {
    when,
    asked: askedWords(spec.endpoint),
    ok: answer.kind === "ok",
    answer: answerWords(answer),
    tookMs: Math.round(answer.ms),
  });
}
