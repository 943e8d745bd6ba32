import type { Nerve } from "./nerve.ts";

/** Whether the organization is gone from this Fleet; `waits`: not yet, since D1 does not have all of it. */
export type LetGo = { gone: true } | { gone: false; waits: string };

/**
 * The organization leaves this Fleet: all of it is brought to D1, its connections are closed, and it is forgotten. From then on it is
 * known here only if D1 says that it is to be. Done twice, it does nothing more. What was set aside is carried over by whoever moves it (move.ts).
 */
export async function letGo(nerve: Nerve, organizationId: string): Promise<LetGo> {
  const left = await nerve.tenants.whileLeaving(organizationId, async (): Promise<LetGo> => {
    await nerve.recorder.flush();
    if (isAnyPending(nerve, organizationId)) return { gone: false, waits: "the database does not have all of it yet" };
    // Without a pause: what comes after this finds it gone.
    nerve.forget(organizationId);
    return { gone: true };
  });
  return left ?? { gone: false, waits: "it is on its way out already" };
}

/** Is anything of it in no other place than here? */
function isAnyPending({ store }: Nerve, organizationId: string): boolean {
  return store.journal.pending.some(({ hostId }) => store.hosts.get(hostId)?.organizationId === organizationId);
}
