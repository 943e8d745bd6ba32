import { nearest } from "../config/nearest.ts";

/** What to say where a named service is not configured; null where all are. */
export function unknownServices(named: readonly string[], known: readonly string[]): string | null {
  const unknown = named.filter((name) => !known.includes(name));
  const [first] = unknown;
  if (first === undefined) return null;
  const close = nearest(first, [...known]);
  const hint = close === null ? "" : ` Did you mean ${close}?`;
  return `there is no service ${unknown.join(", ")}; there ${known.length === 1 ? "is" : "are"} ${known.join(", ") || "none"}.${hint}`;
}
