import type { IncidentKind } from "@afloat/shared/domain";
import type { AlertFacts, AlertIncident } from "./alert-types.ts";

/** What a kind says of one, and of several. */
const SAYS: Record<IncidentKind, { one: string; several: string; of: "services" | "hosts" | "commands" }> = {
  "restart-loop": { one: "is restarting in a loop", several: "are restarting in a loop", of: "services" },
  "service-down": { one: "is down", several: "are down", of: "services" },
  "endpoint-regressed": {
    one: "stopped answering its health check",
    several: "stopped answering their health checks",
    of: "services",
  },
  "endpoint-unproven": {
    one: "has a health check that looks wrong",
    several: "have health checks that look wrong",
    of: "services",
  },
  "endpoint-crashes-service": {
    one: "is crashed by its own health check",
    several: "are crashed by their own health checks",
    of: "services",
  },
  "port-conflict": { one: "cannot have its port", several: "cannot have their ports", of: "services" },
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
  "service-down": "Nothing starts it again before somebody does.",
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

/** Several in a sentence each: what is the same on several hosts is one sentence. At most `limit`, then how many are left. */
export function sentencesOf(incidents: readonly AlertIncident[], limit: number): string[] {
  const bundles = new Map<string, AlertFacts[]>();
  for (const { facts } of incidents) {
    const key = `${facts.kind}/${facts.serviceName ?? ""}`;
    bundles.set(key, [...(bundles.get(key) ?? []), facts]);
  }
  const told = [...bundles.values()].sort((a, b) => b.length - a.length);
  const sentences = told.slice(0, limit).flatMap(sentenceOf);
  const left = told.slice(limit).reduce((sum, bundle) => sum + bundle.length, 0);
  return left === 0 ? sentences : [...sentences, `And ${left} more.`];
}

/** Names with commas; of many the first, and how many more. */
export function listOf(names: readonly string[], limit = 12): string {
  const more = names.length > limit ? ` and ${names.length - limit} more` : "";
  return `${names.slice(0, limit).join(", ")}${more}`;
}

function sentenceOf(bundle: AlertFacts[]): string[] {
  const [first] = bundle;
  if (first === undefined) return [];
  if (bundle.length === 1) return [`${first.title}: ${first.cause}`];
  const hosts = listOf(bundle.map(({ hostName }) => hostName));
  const causes = new Set(bundle.map(({ cause }) => cause));
  const cause = causes.size === 1 ? first.cause : `${first.cause} (on ${first.hostName})`;
  const what = first.serviceName === null ? SAYS[first.kind].several : `${first.serviceName} ${SAYS[first.kind].one}`;
  return [first.serviceName === null ? `${hosts} ${what}: ${cause}` : `${what} on ${hosts}: ${cause}`];
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
