import type { DurableRecord } from "./fleet-types.ts";

/** The audit log's word for what could not be recorded. */
export const SET_ASIDE = "fleet.set-aside";

/** The line in the audit log: it stays when the notice is gone. */
export function setAsideRecord(hostId: string, count: number, why: string, atMs: number): DurableRecord {
  const detail = { count: String(count), why: why.slice(0, 500) };
  return { kind: "audit", action: SET_ASIDE, target: hostId, detail, atMs };
}
