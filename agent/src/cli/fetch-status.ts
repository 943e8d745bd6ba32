import { NotAnswering, request } from "../control/client.ts";
import type { ControlAnswer, Status } from "../control/protocol.ts";
import { socketPathOf } from "../state/paths.ts";

/** How long an agent that hangs is waited for, milliseconds. */
export const AGENT_MS = 10_000;

/** What the agent says of itself and its services; an agent that hangs is waited for 10 s. Throws NotRunning. */
export async function fetchStatus(stateDir: string): Promise<Status> {
  const signal = AbortSignal.timeout(AGENT_MS);
  let found: Status | null = null;
  let fault = "the agent answered without its status";
  const take = (answer: ControlAnswer) => {
    if (answer.kind === "status") found = answer.status;
    if (answer.kind === "error") fault = answer.message;
    return "last" as const;
  };
  await request(socketPathOf(stateDir), { call: "status" }, take, signal);
  if (found === null && signal.aborted) throw new NotAnswering("the agent does not answer; it seems to hang");
  if (found === null) throw new Error(fault);
  return found;
}
