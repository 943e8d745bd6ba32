import { answerWords } from "@afloat/shared/core/answer-words";
import type { Diagnosis, DiagnosisCode, Latency } from "@afloat/shared/domain";
import type { EndpointResult, PortResult } from "@afloat/shared/core/lifecycle-types";
import type { CommandEndpoint, EndpointSpec, GrpcEndpoint, HttpEndpoint, ServiceSpec } from "@afloat/shared/spec";
import type { Edit, Remedy } from "./remedy.ts";
import { isAlive } from "../process/proc.ts";
import type { Look } from "./look.ts";

/** What is known when a diagnosis begins. */
export interface Evidence {
  /** Null where none is configured, or it is not called. */
  endpoint: EndpointResult | null;
  /** One for each configured port; left out where they were not looked at. */
  ports?: readonly PortResult[];
  /** Where the service's own processes listen; null where that is not known. */
  ownPorts: number[] | null;
  /** Its first process; null where it does not run, or that is not known. */
  pid: number | null;
  /** How long its last answers took. */
  latency?: Latency | null;
}

/** A diagnosis, and the change of the file that cures it where that is certain. */
export interface Found extends Diagnosis {
  edit: Edit | null;
}

/** A failing endpoint that is looked into. */
export interface Case<E extends EndpointSpec = EndpointSpec> {
  spec: ServiceSpec;
  endpoint: E;
  /** What is asked, in words. */
  asked: string;
  /** What came, a sentence. */
  came: string;
  evidence: Evidence;
  look: Look;
}

export type HttpCase = Case<EndpointSpec & HttpEndpoint>;
export type GrpcCase = Case<EndpointSpec & GrpcEndpoint>;
export type CommandCase = Case<EndpointSpec & CommandEndpoint>;

/** Puts a diagnosis together: what is wrong, how we know, and what to write instead. Within the wire's bounds. */
export function found(at: Case, code: DiagnosisCode, what: string, proof: string, remedy: Remedy | null = null): Found {
  const { write, where, edit } = remedy ?? { write: null, where: at.endpoint.where, edit: null };
  return {
    code,
    what: what.slice(0, 500),
    proof: proof.slice(0, 1000),
    write: write?.slice(0, 200) ?? null,
    where,
    edit,
  };
}

/** What came, a sentence. */
export function cameWords(asked: string, result: EndpointResult): string {
  const answers = result.kind === "status" || result.kind === "redirect" || result.kind === "body";
  return `${asked}${answers ? " answers " : ": "}${answerWords(result)}.`;
}

/** Calls it once more with something changed. Throws LookOver. */
export function tryWith<E extends EndpointSpec>(
  at: Case<E>,
  change: Partial<E>,
  timeoutMs?: number,
): Promise<EndpointResult> {
  return at.look.call(at.spec, { ...at.endpoint, ...change }, timeoutMs);
}

/** How long a process may take to be gone after it has dropped a call, milliseconds. */
const GONE_WITHIN_MS = 500;
const LOOK_EVERY_MS = 25;

/** True where its first process is gone; a dropped call may come a moment before the end. */
export async function hasExited(at: Pick<Case, "evidence" | "look">, dropped: boolean): Promise<boolean> {
  const { pid } = at.evidence;
  if (pid === null) return false;
  for (let waitedMs = 0; isAlive(pid, null); waitedMs += LOOK_EVERY_MS) {
    if (!dropped || waitedMs >= GONE_WITHIN_MS) return false;
    await at.look.pause(LOOK_EVERY_MS);
  }
  return true;
}

/** True for an end of the call that a dying process makes. */
export const isDropped = ({ kind }: EndpointResult) => kind === "reset" || kind === "refused" || kind === "malformed";
