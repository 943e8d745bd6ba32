import type { Env } from "../env.ts";
import { sendMail } from "../outgoing/mail/send-mail.ts";
import type { Scope } from "../tenancy/scope.ts";
import type { ChannelRecords } from "./channel-records.ts";
import type { ChannelRow } from "./channel-store.ts";
import { AGREE_WITHIN_MS, makeConsent } from "./consent.ts";
import { consentMail } from "./email/consent-mail.ts";

const DAY_MS = 24 * 3_600_000;
/** Strangers are asked so often a day: nobody is to write to the world through us. */
const ASKED_A_DAY = 20;

/** Why nobody can be asked just now, in words; null where somebody can. */
export async function faultOfAsking(records: ChannelRecords, nowMs: number): Promise<string | null> {
  const asked = await records.countSince("asked", nowMs - DAY_MS);
  return asked < ASKED_A_DAY
    ? null
    : `expected at most ${ASKED_A_DAY} mails a day that ask for consent: wait until tomorrow`;
}

/** Sends the mail with the link that agrees. Answers why it could not be sent, or null. */
export async function askByMail(
  env: Env,
  row: ChannelRow,
  address: string,
  { organization, person }: Scope,
  records: ChannelRecords,
): Promise<string | null> {
  const nowMs = Date.now();
  const consent = { organizationId: organization.id, channelId: row.id, address };
  const token = await makeConsent(env.AFLOAT_SECRET, "agree", consent, nowMs + AGREE_WITHIN_MS);
  const link = `${env.PUBLIC_URL}/alerts-by-mail/${token}`;
  await records.note(row.id, "asked", { address }, { kind: "person", ...person }, nowMs);
  const mail = consentMail(address, { organization: organization.name, person: person.name, link });
  const answer = await sendMail(env, mail);
  if (answer.kind === "unanswered") return answer.why;
  return answer.status < 300 ? null : `the mail was not taken: ${answer.status} ${answer.head}`;
}
