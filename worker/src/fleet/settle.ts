import { heldIncidentsDueMs } from "./maintained.ts";
import type { Nerve } from "./nerve.ts";
import { standingDueMs } from "./standing.ts";

/** What every entry ends with: the alarm is set for what falls due at `dueMs`, and what is held goes to D1. */
export async function settle(nerve: Nerve, dueMs: number | null): Promise<void> {
  const standing = [...standingDueMs(nerve, Date.now()), ...heldIncidentsDueMs(nerve)];
  const dues = [dueMs, ...standing].filter((each) => each !== null);
  if (dues.length > 0) await nerve.alarm.want(Math.min(...dues));
  await nerve.recorder.flush();
  const { retryAtMs } = nerve.recorder;
  if (retryAtMs !== null) await nerve.alarm.want(retryAtMs);
}
