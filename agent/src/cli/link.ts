import { AGENT_MS } from "./fetch-status.ts";
import { NotAnswering, request } from "../control/client.ts";
import type { ControlAnswer, LinkReport } from "../control/protocol.ts";
import { socketPathOf } from "../state/paths.ts";
import { linkLines } from "./link-lines.ts";
import type { Place } from "./place.ts";

export interface LinkOptions {
  json?: boolean;
  quiet?: boolean;
}

/** `afloat link`: the way to the cloud, whole. Exit code 1 where this host is not connected. Throws NotRunning. */
export async function link(place: Place, options: LinkOptions): Promise<number> {
  const report = await fetchLink(place.stateDir);
  if (options.json === true) console.log(JSON.stringify(report));
  else if (options.quiet !== true) console.log(linkLines(report, Date.now()).join("\n"));
  return report.status.kind === "connected" ? 0 : 1;
}

async function fetchLink(stateDir: string): Promise<LinkReport> {
  const signal = AbortSignal.timeout(AGENT_MS);
  let found: LinkReport | null = null;
  let fault = "the agent answered without its link";
  const take = (answer: ControlAnswer) => {
    if (answer.kind === "link") found = answer.link;
    if (answer.kind === "error") fault = answer.message;
    return "last" as const;
  };
  await request(socketPathOf(stateDir), { call: "link" }, take, signal);
  if (found === null && signal.aborted) throw new NotAnswering("the agent does not answer; it seems to hang");
  if (found === null) throw new Error(fault);
  return found;
}
