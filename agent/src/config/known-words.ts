import { afloatYaml } from "@afloat/shared/config";

/** Every word that may be a key somewhere in afloat.yaml, read off the schema itself. */
export function knownWords(): string[] {
  const words = new Set<string>();
  collect(afloatYaml, words, new Set());
  return [...words];
}

/** Where a schema keeps those that it is made of. */
const INNER = ["entries", "options", "item", "wrapped", "value", "pipe"] as const;

function collect(schema: unknown, words: Set<string>, seen: Set<unknown>): void {
  if (typeof schema !== "object" || schema === null || seen.has(schema)) return;
  seen.add(schema);
  for (const name of INNER) {
    const inner: unknown = Reflect.get(schema, name);
    if (typeof inner !== "object" || inner === null) continue;
    if (name === "entries") for (const word of Object.keys(inner)) words.add(word);
    for (const each of name === "entries" || name === "options" || name === "pipe" ? Object.values(inner) : [inner])
      collect(each, words, seen);
  }
}
