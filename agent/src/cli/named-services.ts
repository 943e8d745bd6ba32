import { nearest } from "../config/nearest.ts";

/**
 * The services that are meant, in the order of the file, each once: names, `all`, or patterns like `web-*` and `api-?`.
 * `fault` says what to do where one of them fits nothing.
 */
export function namedServices(
  asked: readonly string[],
  known: readonly string[],
): { names: string[] } | { fault: string } {
  const chosen = new Set<string>();
  for (const each of asked) {
    const fitting = known.includes(each) ? [each] : known.filter((name) => fits(each, name));
    if (fitting.length === 0) return { fault: faultOf(each, known) };
    for (const name of fitting) chosen.add(name);
  }
  return { names: known.filter((name) => chosen.has(name)) };
}

function fits(pattern: string, name: string): boolean {
  if (pattern === "all") return true;
  if (!/[*?]/.test(pattern)) return false;
  const source = pattern
    .replaceAll(/[^\w*?]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(name);
}

function faultOf(asked: string, known: readonly string[]): string {
  const there = `there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}`;
  if (/[*?]/.test(asked)) return `no service is called like ${asked}; ${there}`;
  const close = nearest(asked, [...known]);
  return `there is no service ${asked}; ${there}.${close === null ? "" : ` Did you mean ${close}?`}`;
}
