import type { Diagnosis, ServiceSnapshot, Verdict } from "@afloat/shared/domain";
import { answerWords } from "@afloat/shared/core/answer-words";
import { endpointWords, askedWords } from "@afloat/shared/core/endpoint-words";
import type { EndpointResult, PortResult } from "@afloat/shared/core/lifecycle-types";
import type { ServiceSpec } from "@afloat/shared/spec";
import { probeEndpoint } from "../probe/endpoint.ts";
import { lookAtPorts, type PortsSeen } from "../probe/port.ts";
import { Members } from "../process/members.ts";
import { diagnose, type Found } from "./diagnose.ts";

/** What is known of a service before it is called. */
export interface Known {
  /** How its processes are found. */
  mark: string;
  /** What a running agent says; null where none runs, or it does not know the service. */
  snapshot: ServiceSnapshot | null;
}

/** What calling a service's endpoint and looking at its ports came to. */
export interface Checked {
  service: string;
  ok: boolean;
  /** As `status` would say it, as far as one call tells. */
  verdict: Verdict;
  /** What was asked and what came; null where no endpoint is configured. */
  endpoint: string | null;
  /** The same, short; empty where nothing was asked. */
  answer: string;
  ports: PortResult[];
  problems: Found[];
  /** It exited when it was called. */
  crashed: boolean;
}

/** Calls its endpoint once, looks at its ports, and finds out what is wrong with either. */
export async function checkService(spec: ServiceSpec, known: Known): Promise<Checked> {
  const stopped = whyStopped(known.snapshot);
  if (stopped !== null)
    return notRunning(
      spec,
      stopped.verdict,
      stopped.problem === null ? null : { ...stopped.problem, where: spec.where },
    );
  const pid = known.snapshot?.pid ?? (await firstProcess(known.mark));
  const result = await callEndpoint(spec);
  const seen = await portsOf(spec, pid, known.mark);
  const latency = known.snapshot?.endpoint?.latency ?? null;
  const evidence = {
    endpoint: result,
    ports: pid === null ? seen.ports.map(anybodys) : seen.ports,
    ownPorts: pid === null ? null : seen.ownPorts,
    pid,
    latency,
  };
  const first = result === null || result.kind === "ok" ? null : await diagnose(spec, evidence);
  const second = await diagnose(spec, { ...evidence, endpoint: null });
  const problems = [first, second]
    .filter((each) => each !== null)
    .filter((each, i, all) => i === 0 || !isSame(each, all[0]));
  const ok = (result === null || result.kind === "ok") && problems.length === 0;
  return {
    service: spec.name,
    ok,
    verdict: verdictOf(ok, evidence.ports),
    endpoint: wordsOf(spec, result, askedWords),
    answer: wordsOf(spec, result, () => endpointWords(spec)) ?? "",
    ports: evidence.ports,
    problems,
    crashed: first?.code === "crashes",
  };
}

/** One that does not answer in time is called once more: a command that has just begun is busy with itself. */
async function callEndpoint(spec: ServiceSpec): Promise<EndpointResult | null> {
  if (spec.endpoint === null) return null;
  const first = await probeEndpoint(spec, spec.endpoint, spec.check.timeoutMs);
  return first.kind === "timeout" ? probeEndpoint(spec, spec.endpoint, spec.check.timeoutMs) : first;
}

/** A service that does not run is not called: whoever answered would be somebody else. */
function whyStopped(snapshot: ServiceSnapshot | null): { verdict: Verdict; problem: Found | null } | null {
  if (snapshot === null || snapshot.state === "up" || snapshot.state === "starting") return null;
  const { verdict, reason } = snapshot;
  if (verdict === "completed") return { verdict, problem: null };
  const what =
    verdict === "paused"
      ? "It is paused, so nothing was called: resume it first."
      : "It does not run, so nothing was called.";
  const problem: Found = {
    code: "not-running",
    what,
    proof: `The agent says: ${reason}.`,
    write: null,
    where: null,
    edit: null,
  };
  return { verdict, problem };
}

function notRunning(spec: ServiceSpec, verdict: Verdict, problem: Found | null): Checked {
  const endpoint = spec.endpoint === null ? null : `${askedWords(spec.endpoint)} was not called`;
  const problems = problem === null ? [] : [problem];
  return {
    service: spec.name,
    ok: problem === null,
    verdict,
    endpoint,
    answer: "not called",
    ports: [],
    problems,
    crashed: false,
  };
}

/** The eldest of its processes, where an agent left them running; null where there is none. */
async function firstProcess(mark: string): Promise<number | null> {
  const members = await new Members(null, mark).find();
  return members.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0]?.pid ?? null;
}

function portsOf(spec: ServiceSpec, pid: number | null, mark: string): Promise<PortsSeen> {
  // Nobody's tree is our own: we listen nowhere.
  return lookAtPorts(spec.ports, pid ?? process.pid, mark, spec.check.timeoutMs);
}

/** Where it is not known which processes are the service's, nobody is a stranger. */
function anybodys(port: PortResult): PortResult {
  return port.kind === "listening" ? { port: port.port, kind: "listening", owner: "unknown" } : port;
}

/** One mistake that shows at the endpoint and at the port is one problem. */
function isSame(problem: Diagnosis, first: Diagnosis | undefined): boolean {
  if (first === undefined) return false;
  const aboutPorts = ["wrong-port", "nothing-listens", "port-conflict", "proxy", "crashes"];
  return problem.write === first.write || (aboutPorts.includes(problem.code) && aboutPorts.includes(first.code));
}

function verdictOf(ok: boolean, ports: readonly PortResult[]): Verdict {
  if (ok) return "healthy";
  const none =
    ports.length > 0 && ports.every((port) => port.kind === "closed" || ("pid" in port && port.owner === "foreign"));
  return none ? "unhealthy" : "degraded";
}

function wordsOf(
  spec: ServiceSpec,
  result: EndpointResult | null,
  asked: (endpoint: NonNullable<ServiceSpec["endpoint"]>) => string,
): string | null {
  if (spec.endpoint === null || result === null) return null;
  return `${asked(spec.endpoint)} → ${answerWords(result)}`;
}
