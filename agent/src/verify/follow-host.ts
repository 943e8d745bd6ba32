import { setTimeout as wait } from "node:timers/promises";
import { NotRunning, request } from "../control/client.ts";
import { socketPathOf } from "../state/paths.ts";
import type { Watch } from "./core/watch.ts";

/** How often an agent that is gone is looked for, milliseconds. */
const RETRY_MS = 200;

/** Tells the watch of every change until `signal`, whatever becomes of the agent meanwhile. */
export async function followHost(stateDir: string, watch: Watch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await followAgent(stateDir, watch, signal);
    } catch (error) {
      if (!(error instanceof NotRunning)) throw error;
      watch.agentGone();
      // Cut short by the end of the watch.
      await wait(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function followAgent(stateDir: string, watch: Watch, signal: AbortSignal): Promise<void> {
  return request(
    socketPathOf(stateDir),
    { call: "watch" },
    (answer) => {
      if (answer.kind === "changed") watch.status(answer.status.agent.pid, answer.status.services, Date.now());
      return "more";
    },
    signal,
  );
}
