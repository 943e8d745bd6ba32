/** Services that are followed from one to the next, at most. */
const FOLLOWED = 500;

/**
 * What a service depends on, also by way of others: what its host said of each (`needs` of its snapshot), followed to the end. Itself is not
 * among them, where services depend on each other in a circle.
 */
export function needsOf(service: string, needs: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const next = [...(needs.get(service) ?? [])];
  for (let name = next.shift(); name !== undefined && found.size < FOLLOWED; name = next.shift()) {
    if (name === service || found.has(name)) continue;
    found.add(name);
    next.push(...(needs.get(name) ?? []));
  }
  return [...found];
}
