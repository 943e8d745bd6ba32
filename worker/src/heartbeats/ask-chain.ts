import { alertsFor } from "../alerts/alerts-for.ts";
import type { Env } from "../env.ts";
import { isElsewhere } from "../fleet/elsewhere.ts";
import { fleetsFor } from "../fleet/fleet-for.ts";
import { leavePulse } from "../pulse/pulses.ts";
import { within } from "../within.ts";
import type { Answer, Chain } from "./core/chain.ts";

/** Whoever does not answer within this does not answer, milliseconds. */
const ANSWER_MS = 5_000;

/** Asks all that an alert of this organization goes through whether it keeps up. Never rejects. */
export async function askChain(env: Env, organizationId: string, database: Chain["database"]): Promise<Chain> {
  const [fleets, alerts] = await Promise.all([
    answerOf(() => fleetsFor(env, organizationId, (fleet) => fleet.lateness(organizationId))),
    answerOf(() => alertsFor(env, organizationId).lateness(organizationId)),
  ]);
  return { database, fleets, alerts };
}

/** Whether the database takes writes, by one. Never rejects. */
export function askDatabase(env: Env, nowMs: number): Promise<Chain["database"]> {
  return answerOf(async () => {
    await leavePulse(env.DB, "heartbeats", { atMs: nowMs, lagMs: 0 });
    return "takes writes" as const;
  });
}

async function answerOf<T>(ask: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { kind: "answer", said: await within(ANSWER_MS, ask()) };
  } catch (error) {
    console.warn("heartbeats out: asked in vain", error);
    return { kind: "fault", why: faultWords(error) };
  }
}

/** In words that say nothing of the inside: people of an organization read them. */
function faultWords(error: unknown): string {
  if (isElsewhere(error)) return "the organization is being moved";
  const said = error instanceof Error ? error.message : "";
  return said.startsWith("no answer within") ? said : "it failed; the server's log says why";
}
