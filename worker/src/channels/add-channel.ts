import { freshId } from "../auth/ids.ts";
import type { Env } from "../env.ts";
import type { Actor } from "../tenancy/records.ts";
import type { AnyKind } from "./channel-kind.ts";
import type { ChannelRecords } from "./channel-records.ts";
import { storedSettings } from "./channel-store.ts";

/** Makes a channel of settings that fit its kind. One that asks first is off until somebody agrees. Answers its id. */
export async function addChannel(
  env: Env,
  records: ChannelRecords,
  { kind, name, values }: { kind: AnyKind; name: string; values: Record<string, unknown> },
  actor: Actor,
): Promise<string> {
  const id = freshId();
  const createdMs = Date.now();
  const stored = await storedSettings(env.AFLOAT_SECRET, kind, values);
  const disabledMs = kind.asksFirst ? createdMs : null;
  await records.add({ id, kind: kind.name, name, ...stored, createdMs, disabledMs }, actor);
  return id;
}
