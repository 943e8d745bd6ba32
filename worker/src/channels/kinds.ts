import type { AnyKind } from "./channel-kind.ts";
import { email } from "./email/email.ts";
import { pagerduty } from "./pagerduty/pagerduty.ts";
import { slack } from "./slack/slack.ts";
import { webhook } from "./webhook/webhook.ts";

/** Every kind of channel, in the order of the page. One more is a folder and a line here. */
export const KINDS: readonly AnyKind[] = [email, slack, pagerduty, webhook];

/** A kind by its name, or null where this version does not know it. */
export function kindOf(name: string): AnyKind | null {
  return KINDS.find((kind) => kind.name === name) ?? null;
}
