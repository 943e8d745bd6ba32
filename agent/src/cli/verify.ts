import { answerWords } from "@afloat/shared/core/answer-words";
import { askedWords } from "@afloat/shared/core/endpoint-words";
import { durationWords, parseDuration } from "@afloat/shared/core/duration";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { loadConfig } from "../config/load.ts";
import { request } from "../control/client.ts";
import type { ControlAnswer } from "../control/protocol.ts";
import type { Place } from "./place.ts";
import { probeEndpoint } from "../probe/endpoint.ts";
import { socketPathOf } from "../state/paths.ts";
import { fetchStatus } from "./status.ts";

interface Finding {
  service: string;
  /** A warning fails only where degraded is not allowed. */
  level: "failure" | "warning";
  what: string;
}

interface VerifyOptions {
  watch: string;
  allowDegraded?: boolean;
  json?: boolean;
}

/** `afloat verify`: everything up, every endpoint called, then watched. Exit code 0 only where nothing was found. */
export async function verify(place: Place, options: VerifyOptions): Promise<number> {
  const watchMs = parseDuration(options.watch);
  if (watchMs === null) {
    console.error(`expected --watch as a duration like 500ms, 10s, 5m or 1h, got ${options.watch}`);
    return 2;
  }
  const before = (await fetchStatus(place.stateDir)).services;
  const findings = new Map<string, Finding>();
  const add = (finding: Finding) => findings.set(`${finding.service}/${finding.what}`, finding);
  for (const found of [...before.flatMap(stateFindings), ...(await endpointFindings(place))]) add(found);
  await watchFor(place, watchMs, options.json === true, (services) => {
    for (const service of services) for (const found of changeFindings(service, before)) add(found);
  });
  const after = (await fetchStatus(place.stateDir)).services;
  for (const found of after.flatMap(stateFindings)) add(found);
  const list = [...findings.values()];
  const ok = list.every(({ level }) => level === "warning" && options.allowDegraded === true);
  if (options.json === true)
    console.log(JSON.stringify({ ok, watchedMs: watchMs, services: after.length, findings: list }));
  else for (const line of report(list, ok, after.length, watchMs)) console.log(line);
  return ok ? 0 : 1;
}

/** What is wrong with a service as it is. */
function stateFindings({ name, verdict, reason, loop, diagnosis }: ServiceSnapshot): Finding[] {
  const found: Finding[] = [];
  if (loop !== null) found.push({ service: name, level: "failure", what: `restarts in a loop: ${loop.cause.text}` });
  if (["down", "paused", "unhealthy"].includes(verdict)) {
    found.push({ service: name, level: "failure", what: `${verdict}: ${reason}` });
  }
  if (verdict === "degraded") {
    const write = diagnosis?.write ?? null;
    const hint = write === null ? "" : `; write \`${write}\` in ${diagnosis?.where ?? "afloat.yaml"}`;
    found.push({ service: name, level: "warning", what: `degraded: ${reason}${hint}` });
  }
  return found;
}

/** What happened to it while it was watched. */
function changeFindings(now: ServiceSnapshot, before: readonly ServiceSnapshot[]): Finding[] {
  const was = before.find(({ name }) => name === now.name);
  const found = stateFindings(now);
  if (was !== undefined && now.restarts > was.restarts) {
    found.push({ service: now.name, level: "failure", what: "was restarted while it was watched" });
  }
  return found;
}

async function endpointFindings(place: Place): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const spec of loadConfig(place.configFile).services) {
    if (spec.endpoint === null) continue;
    const answer = await probeEndpoint(spec, spec.endpoint, spec.check.timeoutMs);
    if (answer.kind === "ok") continue;
    const what = `${askedWords(spec.endpoint)} → ${answerWords(answer)}`;
    found.push({ service: spec.name, level: "warning", what });
  }
  return found;
}

/** Looks at every change for so long; on a terminal it says how long still. */
function watchFor(
  place: Place,
  watchMs: number,
  quiet: boolean,
  each: (services: readonly ServiceSnapshot[]) => void,
): Promise<void> {
  const endMs = Date.now() + watchMs;
  const shown = process.stderr.isTTY && !quiet;
  const tell = () => process.stderr.write(`\r\u001B[2Kwatching for ${durationWords(endMs - Date.now())} more`);
  const timer = shown ? setInterval(tell, 1000) : undefined;
  const over = new AbortController();
  setTimeout(() => over.abort(), watchMs);
  const look = (answer: ControlAnswer) => {
    if (answer.kind === "changed") each(answer.status.services);
    return "more" as const;
  };
  return request(socketPathOf(place.stateDir), { call: "watch" }, look, over.signal).finally(() => {
    clearInterval(timer);
    if (shown) process.stderr.write("\r\u001B[2K");
  });
}

function report(findings: readonly Finding[], ok: boolean, services: number, watchMs: number): string[] {
  const lines = findings.map(({ service, level, what }) => `${level === "failure" ? "■" : "◐"} ${service}: ${what}`);
  const watched = `watched for ${durationWords(watchMs)}`;
  return [...lines, ok ? `● ${services} services are up and stayed up, ${watched}` : `not well, ${watched}`];
}
