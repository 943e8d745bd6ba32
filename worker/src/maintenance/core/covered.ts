import type { MaintenanceScope } from "../../db/maintenance-schema.ts";

/** What an organization has that maintenance may cover. */
export interface Coverable {
  hosts: readonly { id: string; name: string; tags: readonly string[] }[];
  services: readonly { id: string; hostId: string; name: string }[];
}

/**
 * What maintenance covers, as a person writes it: `web-1` a host, `web-1/api` one of its services, `tag:db` all hosts with that tag; one
 * a line, or with commas between.
 */
export function parseCovered(
  { what, covers }: { what: string; covers: string },
  known: Coverable,
): { kind: "covered"; scope: MaintenanceScope } | { kind: "fault"; text: string } {
  if (what === "all") return { kind: "covered", scope: { kind: "all" } };
  if (what !== "chosen") return { kind: "fault", text: `expected all or chosen, got \`${what}\`` };
  const names = covers.split(/[\n,]/).flatMap((each) => each.trim() || []);
  if (names.length === 0)
    return { kind: "fault", text: "expected what it covers: a host, host/service or tag:name a line" };
  const scope = { kind: "chosen" as const, hostIds: [] as string[], serviceIds: [] as string[], tags: [] as string[] };
  const unknown: string[] = [];
  for (const name of names) if (!take(name, scope, known)) unknown.push(name);
  if (unknown.length > 0) return { kind: "fault", text: unknownWords(unknown, known) };
  const { hostIds, serviceIds, tags } = scope;
  const chosen = { hostIds: unique(hostIds), serviceIds: unique(serviceIds) };
  return {
    kind: "covered",
    scope: { kind: "chosen", ...chosen, ...(tags.length === 0 ? {} : { tags: unique(tags) }) },
  };
}

/** The same as a person would write it; what is gone meanwhile is left out. */
export function coveredNames(scope: MaintenanceScope, { hosts, services }: Coverable): string[] {
  if (scope.kind === "all") return [];
  const nameOf = new Map(hosts.map(({ id, name }) => [id, name]));
  return [
    ...(scope.tags ?? []).map((tag) => `tag:${tag}`),
    ...scope.hostIds.flatMap((id) => nameOf.get(id) ?? []),
    ...services.flatMap(({ id, hostId, name }) =>
      scope.serviceIds.includes(id) ? `${nameOf.get(hostId) ?? "?"}/${name}` : [],
    ),
  ];
}

function take(
  name: string,
  scope: { hostIds: string[]; serviceIds: string[]; tags: string[] },
  { hosts, services }: Coverable,
): boolean {
  const tag = /^tag:\s*(.+)$/.exec(name)?.[1];
  if (tag !== undefined) {
    scope.tags.push(tag);
    return hosts.some(({ tags }) => tags.includes(tag));
  }
  const whole = hosts.filter((host) => host.name === name);
  scope.hostIds.push(...whole.map(({ id }) => id));
  if (whole.length > 0) return true;
  const match = /^(.+?)\s*\/\s*(.+)$/.exec(name);
  const ids = new Set(hosts.filter((host) => host.name === match?.[1]).map(({ id }) => id));
  const found = services.filter((service) => ids.has(service.hostId) && service.name === match?.[2]);
  scope.serviceIds.push(...found.map(({ id }) => id));
  return found.length > 0;
}

function unknownWords(unknown: readonly string[], { hosts }: Coverable): string {
  const quoted = unknown.slice(0, 5).map((name) => `\`${name}\``);
  const more = unknown.length > 5 ? ` and ${unknown.length - 5} more` : "";
  const some = hosts.slice(0, 5).map(({ name }) => name);
  const there =
    some.length === 0 ? "there is no host yet" : `there is ${some.join(", ")}${hosts.length > 5 ? ", …" : ""}`;
  return `expected hosts, host/service or tag:name; ${quoted.join(", ")}${more} is none here: ${there}`;
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
