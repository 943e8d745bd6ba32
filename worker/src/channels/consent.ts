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
  return `${claim}.${await macOf(secret, claim, of.address)}`;
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
  // Compared as hashes, so that it takes the same time wherever they differ.
  const [one, other] = await Promise.all([expected, text].map(async (each) => hex(await digest(each))));
  return one === other;
}

function claimOf(purpose: ConsentPurpose, { organizationId, channelId }: Consent, untilMs: number): string {
  return `${purpose}.${organizationId}.${channelId}.${untilMs}`;
}

async function macOf(secret: string, claim: string, address: string): Promise<string> {
  const root = await crypto.subtle.importKey("raw", bytes(secret), "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: bytes("afloat consent") },
    root,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign"],
  );
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(`${claim}.${address.toLowerCase()}`)));
  return btoa(String.fromCharCode(...mac))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", bytes(text));
}

function hex(data: ArrayBuffer): string {
  return [...new Uint8Array(data)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}
