import type { AskOutcome } from "../control/protocol.ts";
import type { Supervised } from "../host.ts";
import type { Service } from "./service.ts";

/** What a person may ask of a service. */
export type Ask = Parameters<Supervised["ask"]>[0];

/** The same in the words of the lifecycle machine: to start is to resume, to stop is to pause. */
export function machineVerb(verb: Ask): "restart" | "pause" | "resume" {
  if (verb === "restart") return "restart";
  return verb === "pause" || verb === "stop" ? "pause" : "resume";
}

/** What became of a request, or null while it is on its way. `spawnBefore`: the start that was the last when it was asked. */
export function outcomeOf(
  service: Pick<Service, "snapshot" | "state">,
  verb: Ask,
  spawnBefore: number,
): AskOutcome | null {
  const { name, state, verdict, reason, pid } = service.snapshot;
  const done = (detail: string): AskOutcome => ({ service: name, kind: "done", detail, pid });
  if (verb === "pause" || verb === "stop") return state === "paused" ? done("paused") : null;
  if (service.state.desired.kind === "pause")
    return { service: name, kind: "failed", detail: `${reason}, meanwhile`, pid: null };
  if (verb === "restart" && service.state.spawn === spawnBefore && state !== "waiting") return null;
  if (state === "backoff" || (state === "completed" && verdict === "down")) {
    return { service: name, kind: "failed", detail: reason, pid: null };
  }
  if (state === "waiting") return done(reason);
  if (state === "completed") return done(reason);
  return state === "up" && verdict !== "starting" ? done(`running as pid ${pid}, ${verdict}`) : null;
}
