import type { PortResult } from "@afloat/shared/core/lifecycle-types";
import { TAIL_LINES } from "@afloat/shared/wire";
import { type Checked, checkService } from "../check/check-service.ts";
import type { Looked } from "../host.ts";
import { logPlaceOf } from "../logs/ledger.ts";
import { markOf } from "../process/mark.ts";
import { redact } from "../redact.ts";
import { lastLines } from "./last-lines.ts";
import type { Service } from "./service.ts";

interface Ground {
  stateDir: string;
  stateId: string;
}

/** What `afloat check` does, within the agent: one probe now. An endpoint that is called no more is called again, as there. */
export async function checkNow(service: Service, { stateId }: Ground, by: string): Promise<Looked> {
  const { spec, snapshot } = service;
  const checked = await checkService(spec, { mark: markOf(stateId, spec.name), snapshot });
  if (!checked.crashed) service.send({ kind: "asked", verb: "recheck", by: { name: by, via: "cloud" } });
  return { kind: "done", detail: redact(checkWords(checked)) };
}

/** The end of its output, as it may leave the host: bounded, and without what looks like a secret. */
export function tailOf({ spec }: Pick<Service, "spec">, { stateDir }: Ground): Looked {
  const lines = lastLines(logPlaceOf(stateDir, spec.name).live, TAIL_LINES);
  if (lines.length === 0) return { kind: "done", detail: "it has written nothing yet", lines };
  return { kind: "done", detail: `the last ${lines.length === 1 ? "line" : `${lines.length} lines`}`, lines };
}

/** What was found, in a line: how it stands, what was asked and what came, what is wrong, and what to write instead. */
export function checkWords({ verdict, endpoint, answer, ports, problems }: Checked): string {
  // The short words: an address may carry what is nobody's business.
  const asked = endpoint === null ? withoutEndpoint(ports) : answer;
  const [problem] = problems;
  if (problem === undefined) return `${verdict}: ${asked}`;
  if (problem.code === "not-running") return `${verdict}: ${problem.what} ${problem.proof}`;
  const write = problem.write === null ? "" : ` Write ${problem.write} in ${problem.where ?? "afloat.yaml"}.`;
  return `${verdict}: ${asked}. ${problem.what} ${problem.proof}${write}`;
}

function withoutEndpoint(ports: readonly PortResult[]): string {
  if (ports.length === 0) return "nothing to call; its process is all there is";
  return ports.map(({ port, kind }) => `port ${port} ${kind === "closed" ? "is closed" : "listens"}`).join(", ");
}
