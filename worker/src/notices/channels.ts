import { freshId } from "../auth/ids.ts";
import type { Env } from "../env.ts";
import type { Actor, Records } from "../tenancy/records.ts";
import { seal } from "./seal.ts";

/** Makes a webhook channel. The signing secret (`whsec_…`, Standard Webhooks) is answered once and stored sealed. */
export async function makeWebhook(
  env: Env,
  records: Records,
  { name, url }: { name: string; url: string },
  actor: Actor,
): Promise<{ id: string; secret: string }> {
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  const id = freshId();
  const sealedSecret = await seal(env.AFLOAT_SECRET, secret);
  await records.addChannel({ id, kind: "webhook", name, url, sealedSecret, createdMs: Date.now() }, actor);
  return { id, secret };
}
