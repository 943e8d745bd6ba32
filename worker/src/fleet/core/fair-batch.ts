import type { Entry } from "./fleet-types.ts";

/**
 * What goes to D1 next: of each organization its oldest entries, by turns, so that one which has much to say does not hold up the others.
 * Those of one organization stay in their order. As many as have `limit` records together, one at least. `organizationOf`: whose a host is.
 */
export function fairBatch(
  pending: readonly Entry[],
  organizationOf: (hostId: string) => string | undefined,
  limit: number,
): Entry[] {
  const queues = [...oldestOfEach(pending, organizationOf, limit).values()];
  const batch: Entry[] = [];
  let records = 0;
  for (let turn = 0; ; turn++) {
    const entries = queues.flatMap((queue) => queue[turn] ?? []);
    if (entries.length === 0) return batch;
    for (const entry of entries) {
      records += weightOf(entry);
      if (batch.length > 0 && records > limit) return batch;
      batch.push(entry);
    }
  }
}

/** As many of each as the batch could take. */
function oldestOfEach(
  pending: readonly Entry[],
  organizationOf: (hostId: string) => string | undefined,
  limit: number,
): Map<string, Entry[]> {
  const queues = new Map<string, Entry[]>();
  for (const entry of pending) {
    const organizationId = organizationOf(entry.hostId) ?? "";
    const queue = queues.get(organizationId);
    if (queue === undefined) queues.set(organizationId, [entry]);
    else if (queue.length < limit) queue.push(entry);
  }
  return queues;
}

function weightOf({ records }: Entry): number {
  return records.length + 1;
}
