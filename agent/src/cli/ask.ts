import { request } from "../control/client.ts";
import type { AskOutcome, ControlRequest } from "../control/protocol.ts";
import type { Place } from "./place.ts";
import { ownName } from "../process/user.ts";
import { socketPathOf } from "../state/paths.ts";
import { fetchStatus } from "./fetch-status.ts";
import { namedServices } from "./named-services.ts";

type Verb = Extract<ControlRequest, { call: "ask" }>["verb"];

/** How what became of a request is told. */
export interface TellOptions {
  json?: boolean;
  quiet?: boolean;
}

/** `afloat restart web`: answers when it is done, refused or failed. Throws NotRunning. */
export async function ask(place: Place, verb: Verb, asked: string[], options: TellOptions): Promise<number> {
  const status = await fetchStatus(place.stateDir);
  const named = namedServices(
    asked,
    status.services.map(({ name }) => name),
    status.groups,
  );
  if ("fault" in named) {
    console.error(named.fault);
    return 2;
  }
  const outcomes = await fetchOutcomes(place, { call: "ask", verb, services: named.names, by: ownName() });
  if (options.json === true) console.log(JSON.stringify({ outcomes }));
  else for (const outcome of outcomes) tell(outcome, options.quiet === true);
  return outcomes.every(({ kind }) => kind === "done") ? 0 : 1;
}

async function fetchOutcomes(place: Place, call: Parameters<typeof request>[1]): Promise<AskOutcome[]> {
  let outcomes: AskOutcome[] | null = null;
  let fault = "the agent answered without an outcome";
  await request(socketPathOf(place.stateDir), call, (answer) => {
    if (answer.kind === "asked") outcomes = answer.outcomes;
    if (answer.kind === "error") fault = answer.message;
    return "last";
  });
  if (outcomes === null) throw new Error(fault);
  return outcomes;
}

/** What was not done is said also where nothing else is. */
function tell({ service, kind, detail }: AskOutcome, quiet: boolean): void {
  if (kind === "done" && !quiet) console.log(`${service}: ${detail}`);
  if (kind !== "done") (quiet ? console.error : console.log)(`${service}: ${kind}: ${detail}`);
}
