import { alertsFor } from "../alerts/alerts-for.ts";
import type { ChannelRecords } from "../channels/channel-records.ts";
import type { ChannelRow } from "../channels/channel-store.ts";
import { kindOf } from "../channels/kinds.ts";
import { type Outcome, sendThrough } from "../channels/send-through.ts";
import { testOver, testTelling } from "../channels/test-telling.ts";
import type { Env } from "../env.ts";
import type { Actor } from "../tenancy/records.ts";
import type { Scope } from "../tenancy/scope.ts";

/** So often in a minute: the button shows what a stranger's server answers, and is no tool to ask with. */
const TESTS_A_MINUTE = 10;

export interface Test {
  what: string;
  outcome: Outcome;
}

export async function tooManyTests(records: ChannelRecords, nowMs: number): Promise<boolean> {
  return (await records.countSince("tested", nowMs - 60_000)) >= TESTS_A_MINUTE;
}

/** Sends a test through a channel, also through one that is switched off, and answers what came back. */
export async function runTest(
  env: Env,
  row: ChannelRow,
  scope: Scope,
  records: ChannelRecords,
  actor: Actor,
): Promise<Test[]> {
  // Before it is sent, which may take long: what is counted is what was begun.
  await records.note(row.id, "tested", {}, actor, Date.now());
  const telling = testTelling(scope.organization, scope.person, env.PUBLIC_URL, Date.now());
  const opened = await sendThrough(env, row, telling);
  const tests: Test[] = [{ what: "Test", outcome: opened }];
  if (kindOf(row.kind)?.staysOpen === true && opened.judgement.kind === "heard") {
    tests.push({ what: "Test over", outcome: await sendThrough(env, row, testOver(telling, Date.now())) });
  }
  if (opened.judgement.kind === "heard" && row.disabledMs === null) await sayThatItHears(env, row);
  return tests;
}

/** Where that cannot be said, what waits goes out at its next try. */
async function sayThatItHears(env: Env, { organizationId, id }: ChannelRow): Promise<void> {
  try {
    await alertsFor(env, organizationId).hears(organizationId, id);
  } catch (error) {
    console.warn(`alerts of ${organizationId} could not be told that a channel hears`, error);
  }
}
