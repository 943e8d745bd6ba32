import type { Nerve } from "./nerve.ts";

/** Whether the organization is gone from this Fleet; `waits`: not yet, since D1 does not have all of it. */
export type LetGo = { gone: true } | { gone: false; waits: string };

/**
 * The organization leaves this Fleet: all of it is brought to D1, its connections are closed, and it is forgotten. From then on it is
 * known here only if D1 says that it is to be. Done twice, it does nothing more.
 */
export async function letGo(nerve: Nerve, organizationId: string): Promise<LetGo> {
  // Two at once would be in each other's way.
  if (nerve.departing.has(organizationId)) return { gone: false, waits: "it is on its way out already" };
  nerve.departing.add(organizationId);
  try {
    await nerve.recorder.flush();
    const waits = whyNot(nerve, organizationId);
    if (waits !== null) return { gone: false, waits };
    nerve.forget(organizationId);
    return { gone: true };
  } finally {
    nerve.departing.delete(organizationId);
  }
}

/** What would be lost with this Fleet: it is in no other place. */
function whyNot({ store }: Nerve, organizationId: string): string | null {
  const hosts = [...store.hosts.values()].filter((host) => host.organizationId === organizationId);
  const ids = new Set(hosts.map(({ id }) => id));
  if (store.journal.pending.some(({ hostId }) => ids.has(hostId))) {
    return "the database does not have all of it yet";
  }
  if (hosts.some(({ held }) => held !== undefined))
    return "alerts of its silent hosts are held, for two minutes at most";
  return null;
}
