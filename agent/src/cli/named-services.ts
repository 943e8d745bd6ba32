import { fitsPattern, isPattern } from "../config/pattern.ts";
import type { Groups } from "@afloat/shared/config/groups";
import { nearest } from "../config/nearest.ts";

/**
 * The services that are meant, in the order of the file, each once: names, `all`, groups like `@backend`, or patterns like `web-*` and
 * `api-?`. A group has its `@` so that it is never taken for a service, nor a mistyped service for a group; no shell minds
 * it. `fault` says what to do where one of them fits nothing.
 */
export function namedServices(
  asked: readonly string[],
  known: readonly string[],
  groups: Groups = {},
): { names: string[] } | { fault: string } {
  const chosen = new Set<string>();
  for (const each of asked) {
    const fitting = fittingNames(each, known, groups);
    if (fitting.length === 0) return { fault: faultOf(each, known, Object.keys(groups)) };
    for (const name of fitting) chosen.add(name);
  }
  return { names: known.filter((name) => chosen.has(name)) };
}

function fittingNames(asked: string, known: readonly string[], groups: Groups): readonly string[] {
  if (known.includes(asked)) return [asked];
  if (Object.hasOwn(groups, asked)) return groups[asked] ?? [];
  if (asked === "all") return known;
  return isPattern(asked) ? known.filter((name) => fitsPattern(asked, name)) : [];
}

function faultOf(asked: string, known: readonly string[], groups: readonly string[]): string {
  const there = `there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}`;
  if (/[*?]/.test(asked)) return `no service is called like ${asked}; ${there}`;
  const close = nearest(asked, [...known, ...groups]);
  if (asked.startsWith("@")) {
    const others = groups.filter((each) => each.startsWith("@")).join(", ") || "none";
    return `there is no group ${asked}; there are ${others}.${close === null ? "" : ` Did you mean ${close}?`}`;
  }
  return `there is no service ${asked}; ${there}.${close === null ? "" : ` Did you mean ${close}?`}`;
}
