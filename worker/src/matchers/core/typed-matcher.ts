import { INCIDENT_KINDS, type IncidentKind } from "@afloat/shared/domain";
import type { Matcher } from "../../alerts/core/alert-types.ts";
import { KIND_LABELS } from "../../incidents/core/kind-labels.ts";

/** What something is about, as a person types it: names a line, or with commas between. */
export interface TypedMatcher {
  kinds: string[];
  hosts: string;
  services: string;
  tags: string;
}

/** Hosts that there are. */
export interface KnownHosts {
  hosts: readonly { id: string; name: string; tags: readonly string[] }[];
}

/** In one list. */
const NAMES_LIMIT = 200;

export const NO_MATCHER: TypedMatcher = { kinds: [], hosts: "", services: "", tags: "" };

/** Understands what was typed; what is wrong stands in `faults`, by field, with what to write instead. */
export function parseMatcher(
  typed: TypedMatcher,
  { hosts }: KnownHosts,
): { matcher: Matcher; faults: Partial<Record<keyof TypedMatcher, string>> } {
  const faults: Partial<Record<keyof TypedMatcher, string>> = {};
  const kinds = INCIDENT_KINDS.filter((kind) => typed.kinds.includes(kind));
  const unknownKinds = typed.kinds.filter((kind) => !INCIDENT_KINDS.some((known) => known === kind));
  if (unknownKinds.length > 0)
    faults.kinds = `expected ${INCIDENT_KINDS.join(", ")}, got \`${unknownKinds.join(", ")}\``;
  const [named, services, tags] = [namesOf(typed.hosts), namesOf(typed.services), namesOf(typed.tags)];
  const unknown = named.filter((name) => !hosts.some((host) => host.name === name));
  if (unknown.length > 0) faults.hosts = unknownWords(unknown, hosts);
  for (const [field, list] of Object.entries({ hosts: named, services, tags })) {
    if (list.length > NAMES_LIMIT && (field === "hosts" || field === "services" || field === "tags"))
      faults[field] = `expected at most ${NAMES_LIMIT} names, got ${list.length}: give those hosts a tag`;
  }
  const ids = hosts.filter(({ name }) => named.includes(name)).map(({ id }) => id);
  return { faults, matcher: matcherOf({ kinds, hosts: ids, services, tags }) };
}

/** The same as a person would type it; hosts that are gone are left out. */
export function typedMatcher(
  { kinds = [], hosts = [], services = [], tags = [] }: Matcher,
  known: KnownHosts,
): TypedMatcher {
  const names = known.hosts.filter(({ id }) => hosts.includes(id)).map(({ name }) => name);
  return { kinds, hosts: names.join("\n"), services: services.join("\n"), tags: tags.join("\n") };
}

/** `restart loop or service down · on web-1 or web-2 · service ingest · tag db`; `everything` where it says nothing. */
export function matcherWords({ kinds = [], hosts = [], services = [], tags = [] }: Matcher, known: KnownHosts): string {
  const nameOf = new Map(known.hosts.map(({ id, name }) => [id, name]));
  const names = hosts.map((id) => nameOf.get(id) ?? "a host that is gone");
  const parts = [
    kinds.length === 0 ? "" : anyOf(kinds.map((kind: IncidentKind) => KIND_LABELS[kind])),
    names.length === 0 ? "" : `on ${anyOf(names)}`,
    services.length === 0 ? "" : `service ${anyOf(services)}`,
    tags.length === 0 ? "" : `tag ${anyOf(tags)}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "everything" : parts.join(" · ");
}

export function isEmptyMatcher(matcher: Matcher): boolean {
  return Object.values(matcher).every((list) => list === undefined || list.length === 0);
}

function matcherOf(lists: Required<{ [K in keyof Matcher]: NonNullable<Matcher[K]> }>): Matcher {
  const { kinds, hosts, services, tags } = lists;
  return {
    ...(kinds.length === 0 ? {} : { kinds }),
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(services.length === 0 ? {} : { services }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}

function namesOf(text: string): string[] {
  return [...new Set(text.split(/[\n,]/).flatMap((each) => each.trim().replace(/^tag:/, "") || []))];
}

const SHOWN = 5;

function anyOf(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN);
  const more = names.length > SHOWN ? [`${names.length - SHOWN} more`] : [];
  return [...shown, ...more].join(" or ");
}

function unknownWords(unknown: readonly string[], hosts: KnownHosts["hosts"]): string {
  const quoted = unknown.slice(0, SHOWN).map((name) => `\`${name}\``);
  const some = hosts.slice(0, SHOWN).map(({ name }) => name);
  const there =
    some.length === 0 ? "there is no host yet" : `there is ${some.join(", ")}${hosts.length > SHOWN ? ", …" : ""}`;
  return `expected names of hosts, a line each; ${quoted.join(", ")} is none here: ${there}`;
}
