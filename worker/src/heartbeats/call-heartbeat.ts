import { unseal } from "../channels/seal.ts";
import type { Env } from "../env.ts";
import { concealed } from "../outgoing/conceal.ts";
import { type Answer, guardedGet } from "../outgoing/post.ts";
import { reachOf } from "../outgoing/reach.ts";
import { askChain } from "./ask-chain.ts";
import { type Chain, faultsOf } from "./core/chain.ts";
import type { Attempt } from "./core/heartbeat.ts";

/** Whoever takes heartbeats does little with them, milliseconds. */
const TIMEOUT_MS = 5_000;

/** An attempt, and what was answered. */
export interface Called {
  attempt: Attempt;
  /** The first bytes of the answer; null where there was none. */
  answer: string | null;
}

/**
 * Calls the address where an alert would find its way, and withholds the call where it would not: that it does not come is what tells
 * somebody. Never rejects.
 */
export async function callHeartbeat(
  env: Env,
  { organizationId, sealedUrl }: { organizationId: string; sealedUrl: string },
  database: Chain["database"],
): Promise<Called> {
  const url = await unseal(env.AFLOAT_SECRET, sealedUrl);
  if (url === null) return withheld(["its address was sealed under another AFLOAT_SECRET: write it once more"]);
  const faults = faultsOf(await askChain(env, organizationId, database));
  if (faults.length > 0) return withheld(faults);
  // Who knows the address can call it: what is answered is shown to people who may not know it.
  const answer = concealed(await guardedGet(url, TIMEOUT_MS, reachOf(env)), url);
  return { attempt: attemptOf(answer), answer: answer.kind === "answered" ? answer.head : null };
}

function withheld(faults: readonly string[]): Called {
  return { attempt: { kind: "withheld", atMs: Date.now(), words: faults.join("; ") }, answer: null };
}

function attemptOf(answer: Answer): Attempt {
  const at = { atMs: Date.now(), tookMs: answer.tookMs };
  if (answer.kind === "unanswered") return { kind: "unheard", words: answer.why, ...at };
  const { status, location } = answer;
  if (status >= 200 && status < 300) return { kind: "heard", words: `answered ${status}`, ...at };
  const led = location === null ? "" : ` and led to ${location}, where nobody follows: write the address there`;
  return { kind: "unheard", words: `answered ${status}${led}`, ...at };
}
