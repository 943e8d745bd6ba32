import type { Diagnosis } from "@afloat/shared/domain";
import { answerWords } from "@afloat/shared/core/answer-words";
import { askedWords } from "@afloat/shared/core/endpoint-words";
import type { ServiceSpec } from "@afloat/shared/spec";
import { diagnose } from "../check/diagnose.ts";
import { loadConfig } from "../config/load.ts";
import type { Place } from "./place.ts";
import { probeEndpoint } from "../probe/endpoint.ts";
import { lookAtPorts } from "../probe/port.ts";
import { fetchStatus } from "./status.ts";

interface Checked {
  service: string;
  ok: boolean;
  endpoint: string | null;
  closedPorts: number[];
  diagnosis: Diagnosis | null;
}

/** `afloat check`: with or without a running agent; exit code 0 only where every endpoint and port is well. */
export async function check(place: Place, json: boolean): Promise<number> {
  const spec = loadConfig(place.configFile);
  const status = await fetchStatus(place.stateDir).catch(() => null);
  const pids = new Map(status?.services.map(({ name, pid }) => [name, pid]));
  const checked: Checked[] = [];
  for (const service of spec.services) {
    if (process.stderr.isTTY && !json) process.stderr.write(`\r\u001B[2Kchecking ${service.name}`);
    checked.push(await checkOne(service, pids.get(service.name) ?? null));
  }
  if (process.stderr.isTTY && !json) process.stderr.write("\r\u001B[2K");
  if (json) console.log(JSON.stringify({ services: checked }));
  else for (const each of checked) for (const line of linesOf(each)) console.log(line);
  return checked.every(({ ok }) => ok) ? 0 : 1;
}

async function checkOne(spec: ServiceSpec, pid: number | null): Promise<Checked> {
  const result = spec.endpoint === null ? null : await probeEndpoint(spec, spec.endpoint, spec.check.timeoutMs);
  const { ports, ownPorts } = await lookAtPorts(spec.ports, pid ?? process.pid, "none", spec.check.timeoutMs);
  const closedPorts = ports.filter(({ kind }) => kind === "closed").map(({ port }) => port);
  const known = pid === null ? null : ownPorts;
  const diagnosis =
    result === null || result.kind === "ok" ? null : await diagnose(spec, { endpoint: result, ownPorts: known, pid });
  const ok = (result === null || result.kind === "ok") && closedPorts.length === 0;
  const asked = spec.endpoint === null ? "" : askedWords(spec.endpoint);
  return {
    service: spec.name,
    ok,
    endpoint: result === null ? null : `${asked} → ${answerWords(result)}`,
    closedPorts,
    diagnosis,
  };
}

function linesOf(checked: Checked): string[] {
  const { service, ok, endpoint, closedPorts, diagnosis } = checked;
  const facts = [endpoint ?? "no endpoint", ...closedPorts.map((port) => `port ${port} is closed`)];
  const lines = [`${ok ? "●" : "◐"} ${service}: ${facts.join(", ")}`];
  if (diagnosis !== null) {
    lines.push(`  ${diagnosis.what} ${diagnosis.proof}`);
    if (diagnosis.write !== null) lines.push(`  Write \`${diagnosis.write}\` in ${diagnosis.where ?? "afloat.yaml"}.`);
  }
  return lines;
}
