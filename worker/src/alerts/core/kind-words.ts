import { NOTICE_TITLES } from "@afloat/shared/core/notice-titles";
import type { IncidentKind } from "@afloat/shared/domain";
import type { AlertFacts, AlertIncident } from "./alert-types.ts";

/** What a kind says of one, and of several. */
const SAYS: Record<IncidentKind, { one: string; several: string; of: "services" | "hosts" | "commands" }> = {
  "restart-loop": { one: "is restarting in a loop", several: "are restarting in a loop", of: "services" },
  "service-down": { one: "is down", several: "are down", of: "services" },
  "endpoint-regressed": {
    one: NOTICE_TITLES["endpoint-regressed"],
    several: "stopped answering their health checks",
    of: "services",
  },
  "endpoint-unproven": {
    one: NOTICE_TITLES["endpoint-unproven"],
    several: "have health checks that look wrong",
    of: "services",
  },
  "endpoint-crashes-service": {
    one: NOTICE_TITLES["endpoint-crashes-service"],
    several: "are crashed by their own health checks",
    of: "services",
  },
  "port-conflict": { one: NOTICE_TITLES["port-conflict"], several: "cannot have their ports", of: "services" },
  "host-offline": { one: "is silent", several: "are silent", of: "hosts" },
  "host-flapping": { one: "goes and comes again and again", several: "go and come again and again", of: "hosts" },
  "hosts-silent": { one: "hosts are silent", several: "groups of hosts are silent", of: "hosts" },
  "host-cloned": { one: "has a second machine", several: "have a second machine", of: "hosts" },
  "agent-loop": {
    one: "has an agent that starts again and again",
    several: "have agents that start again and again",
    of: "hosts",
  },
  "command-failed": { one: "failed", several: "failed", of: "commands" },
};

/** What happens next by itself; null where that is nothing. */
export const NEXT: Record<IncidentKind, string | null> = {
  "restart-loop": "The agent goes on starting it, after longer and longer pauses.",
  "service-down": null,
  "endpoint-regressed": "The agent goes on asking it; it is over with the first good answer.",
  "endpoint-unproven": "Nothing is restarted for it.",
  "endpoint-crashes-service": "The check is called no more, and the port is checked instead.",
  "port-conflict": "The agent goes on trying.",
  "host-offline": "It is over when the host is heard again. What it runs is unknown until then.",
  "host-flapping": "It is told again when the link has held for 30 min.",
  "hosts-silent": "It is over when all of them are heard again. What they run is unknown until then.",
  "host-cloned": "The second machine is refused, and nothing of it is recorded.",
  "agent-loop": "Its services run on; each new agent takes them over.",
  "command-failed": null,
};

/** `worker-2 / ingest`, or the host alone. */
export function nameOf({ hostName, serviceName }: AlertFacts): string {
  return serviceName === null ? hostName : `${hostName} / ${serviceName}`;
}

/**
 * Several incidents in one line: `worker-2: 60 services are restarting in a loop, 40 are down`, `ingest is restarting in a loop on 35 hosts`,
 * `38 incidents on 35 hosts: …`. Of one, its own title.
 */
export function headlineOf(incidents: readonly AlertIncident[]): string {
  const [first, ...others] = incidents.map(({ facts }) => facts);
  if (first === undefined) return "nothing";
  if (others.length === 0) return first.title;
  const all = [first, ...others];
  const hosts = new Set(all.map(({ hostId }) => hostId)).size;
  const isSame = others.every(({ kind, serviceName }) => kind === first.kind && serviceName === first.serviceName);
  if (isSame && first.serviceName !== null && hosts > 1 && first.kind !== "command-failed") {
    return `${first.serviceName} ${SAYS[first.kind].one} on ${hosts} hosts`;
  }
  const counts = countsOf(all);
  return hosts === 1 ? `${first.hostName}: ${counts}` : `${counts}, on ${hosts} hosts`;
}

/**
 * Several in a sentence each: what is the same of one service on several hosts is one sentence, and what is the same of several services of one host.
 * At most `limit`, then how many are left.
 */
export function sentencesOf(incidents: readonly AlertIncident[], limit: number): string[] {
  const all = incidents.map(({ facts }) => facts);
  const alike = bundlesOf(all, ({ kind, serviceName }) => `${kind}/${serviceName ?? ""}`);
  const alone = alike.filter(({ length }) => length === 1).flat();
  const bundles = [
    ...alike.filter(({ length }) => length > 1),
    ...bundlesOf(alone, ({ kind, hostId, cause }) => `${kind}/${hostId}/${cause}`),
  ].sort((a, b) => b.length - a.length);
  const left = bundles.slice(limit).reduce((sum, { length }) => sum + length, 0);
  return [...bundles.slice(0, limit).map(sentenceOf), ...(left === 0 ? [] : [`And ${left} more.`])];
}

/** Names of several: `box-1: api, db`, `ingest on worker-1, worker-2`, else each whole. */
export function namesOf(incidents: readonly AlertIncident[]): string {
  const all = incidents.map(({ facts }) => facts);
  const [first, ...others] = all;
  if (first === undefined) return "";
  if (others.length === 0) return nameOf(first);
  const services = all.map(({ serviceName }) => serviceName ?? "the host itself");
  if (others.every(({ hostId }) => hostId === first.hostId)) return `${first.hostName}: ${listOf(unique(services))}`;
  if (first.serviceName !== null && others.every(({ serviceName }) => serviceName === first.serviceName)) {
    return `${first.serviceName} on ${listOf(unique(all.map(({ hostName }) => hostName)))}`;
  }
  return listOf(unique(all.map(nameOf)));
}

/** Names with commas; of many the first, and how many more. */
export function listOf(names: readonly string[], limit = 12): string {
  const more = names.length > limit ? ` and ${names.length - limit} more` : "";
  return `${names.slice(0, limit).join(", ")}${more}`;
}

function sentenceOf(bundle: AlertFacts[]): string {
  const [first] = bundle;
  if (first === undefined) return "";
  if (bundle.length === 1) return `${first.title}: ${first.cause}`;
  const isSameCause = bundle.every(({ cause }) => cause === first.cause);
  const cause = isSameCause ? first.cause : `${first.cause} (on ${first.hostName})`;
  const { one, several } = SAYS[first.kind];
  if (bundle.every(({ hostId }) => hostId === first.hostId)) {
    const services = listOf(bundle.map(({ serviceName, hostName }) => serviceName ?? hostName));
    return `${services} of ${first.hostName} ${several}: ${cause}`;
  }
  const hosts = listOf(bundle.map(({ hostName }) => hostName));
  return first.serviceName === null
    ? `${hosts} ${several}: ${cause}`
    : `${first.serviceName} ${one} on ${hosts}: ${cause}`;
}

function bundlesOf(all: readonly AlertFacts[], keyOf: (facts: AlertFacts) => string): AlertFacts[][] {
  return [...Map.groupBy(all, keyOf).values()];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function countsOf(all: readonly AlertFacts[]): string {
  const byKind = new Map<IncidentKind, number>();
  for (const { kind } of all) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  const parts: string[] = [];
  let named = "";
  for (const [kind, count] of [...byKind].sort(([, a], [, b]) => b - a)) {
    const { one, several, of } = SAYS[kind];
    const subject = of === named ? `${count}` : `${count} ${count === 1 ? of.slice(0, -1) : of}`;
    parts.push(`${subject} ${count === 1 ? one : several}`);
    named = of;
  }
  return parts.join(", ");
}
