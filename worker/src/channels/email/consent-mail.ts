import type { Mail } from "../../outgoing/mail/mail.ts";

/** Asks whoever reads an address whether alerts may come there. */
export function consentMail(to: string, asking: { organization: string; person: string; link: string }): Mail {
  const { organization, person, link } = asking;
  const who = `${plain(person)} of ${plain(organization)}`;
  return {
    id: crypto.randomUUID(),
    to,
    subject: `May ${plain(organization)} send alerts to this address?`,
    text: `${who} wants Afloat to tell you, at this address, when a service of theirs will not stay up.

If that is right, open this page and agree:

${link}

It works for seven days. If you do not know them, leave it: nothing is sent to you unless you agree.
`,
    html: null,
    headers: { "Auto-Submitted": "auto-generated" },
  };
}

/** A name as a stranger reads it: nothing in it that a mail reader makes a link of, and no room for a message. */
function plain(name: string): string {
  return name
    .replaceAll(/[^\p{L}\p{N}'& -]/gu, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 60);
}
