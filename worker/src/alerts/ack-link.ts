import { isSame, macOf } from "../auth/mac.ts";

/** By this link in a message, whoever got it may say that he looks after the incident, and nothing else. */
export interface AckLink {
  organizationId: string;
  incidentId: string;
  /** To which it went. */
  channelId: string;
}

/** A link works so long, milliseconds. */
export const ACK_WITHIN_MS = 7 * 86_400_000;

const SHAPE = /^([a-z0-9]{1,64})\.([A-Za-z0-9_-]{1,200})\.([a-z0-9]{1,64})\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/;

export async function makeAckLink(secret: string, of: AckLink, untilMs: number): Promise<string> {
  const claim = `${of.organizationId}.${of.incidentId}.${of.channelId}.${untilMs}`;
  return `${claim}.${await macOf(secret, "afloat acknowledge", claim)}`;
}

/** Null where it is none of ours, or too old. */
export async function readAckLink(secret: string, text: string, nowMs: number): Promise<AckLink | null> {
  const [, organizationId, incidentId, channelId, until] = SHAPE.exec(text) ?? [];
  if (organizationId === undefined || incidentId === undefined || channelId === undefined) return null;
  const of = { organizationId, incidentId, channelId };
  const genuine = await isSame(await makeAckLink(secret, of, Number(until)), text);
  return genuine && Number(until) >= nowMs ? of : null;
}
