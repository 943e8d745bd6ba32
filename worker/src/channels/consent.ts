import { isSame, macOf } from "../auth/mac.ts";

/**
 * The word of whoever reads an address: a link that only the mail to it carries. It names the channel and the address by MAC, so that it is
 * worth nothing for another, and nothing has to be stored.
 */
export interface Consent {
  organizationId: string;
  channelId: string;
  address: string;
}

/** `agree`: alerts may come. `stop`: they may not any more; the foot of every mail has it. */
export type ConsentPurpose = "agree" | "stop";

/** A link to agree works so long; one to stop works always. */
export const AGREE_WITHIN_MS = 7 * 24 * 3_600_000;

const SHAPE = /^(agree|stop)\.([a-z0-9]{1,64})\.([a-z0-9]{1,64})\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/;

export async function makeConsent(
  secret: string,
  purpose: ConsentPurpose,
  of: Consent,
  untilMs: number,
): Promise<string> {
  const claim = claimOf(purpose, of, untilMs);
  return `${claim}.${await macOf(secret, "afloat consent", `${claim}.${of.address.toLowerCase()}`)}`;
}

/** Whom a link names, before its MAC is checked; null where it is none or too old. */
export function readConsent(text: string, nowMs: number) {
  const [, purpose, organizationId, channelId, until] = SHAPE.exec(text) ?? [];
  if (organizationId === undefined || channelId === undefined || Number(until) < nowMs) return null;
  const isFor: ConsentPurpose = purpose === "agree" ? "agree" : "stop";
  return { purpose: isFor, organizationId, channelId, untilMs: Number(until) };
}

/** True where the link was made for this channel and address. */
export async function isConsentFor(secret: string, text: string, of: Consent): Promise<boolean> {
  const read = readConsent(text, 0);
  if (read === null) return false;
  const expected = await makeConsent(secret, read.purpose, of, read.untilMs);
  return isSame(expected, text);
}

function claimOf(purpose: ConsentPurpose, { organizationId, channelId }: Consent, untilMs: number): string {
  return `${purpose}.${organizationId}.${channelId}.${untilMs}`;
}
