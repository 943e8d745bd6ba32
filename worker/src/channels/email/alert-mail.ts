import type { Mail } from "../../outgoing/mail/mail.ts";
import { cut, lastThatFit, type Telling } from "../telling.ts";
import { htmlOf } from "./mail-html.ts";

/** Lines of a header are shown to about here; RFC 5322 allows 998 characters. */
const SUBJECT_LIMIT = 150;
const TITLE_LIMIT = 500;
const OUTPUT_LIMIT = 6000;

/** What is told, as a mail: all messages of one alert in one thread, as text and as HTML with the same words. */
export function mailOf(telling: Telling, to: string): Mail {
  const { message, sendId, organization, stopUrl } = telling;
  const shown: ShownMail = {
    ...telling,
    title: cut(message.title, TITLE_LIMIT),
    who: cut(organization.name, 100),
    lines: message.lines.slice(0, 40).map((line) => cut(line, 1000)),
    next: message.next.slice(0, 10).map((line) => cut(line, 1000)),
    output: lastThatFit(message.lastLines, OUTPUT_LIMIT, 500),
    foot: `You get this because ${cut(organization.name, 100)} sends its alerts to this address. Whoever runs it changes that in Afloat, under Alerts.`,
  };
  return {
    id: sendId,
    to,
    subject: cut(message.title.replaceAll(/\s+/g, " "), SUBJECT_LIMIT),
    text: textOf(shown),
    html: htmlOf(shown),
    headers: {
      // A thread that begins with a message nobody has: every client takes those that name it together.
      References: `<${message.alertId.replaceAll(/[^\w.-]/g, "-")}@alert.afloat>`,
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      // RFC 8058: one press in the mail reader, or a page of ours that asks once more.
      ...(stopUrl === undefined
        ? {}
        : { "List-Unsubscribe": `<${stopUrl}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }),
      ...(message.isQuiet ? {} : priorityOf(message.severity)),
    },
  };
}

/** A mail's parts, cut to what is shown. */
export interface ShownMail extends Telling {
  title: string;
  /** The organization's name. */
  who: string;
  lines: string[];
  next: string[];
  output: string[];
  foot: string;
}

function priorityOf(severity: string): Record<string, string> {
  return severity === "critical" ? { Importance: "high", "X-Priority": "1" } : {};
}

function textOf({ title, lines, next, output, links, foot, stopUrl }: ShownMail): string {
  const parts = [
    title,
    lines.join("\n"),
    output.length === 0 ? "" : `Last lines:\n${output.map((line) => `    ${line}`).join("\n")}`,
    next.length === 0 ? "" : `What happens next: ${next.join(" ")}`,
    links.map(({ label, url }) => `${label}: ${url}`).join("\n"),
    // What a mail reader takes for the end of the message.
    `-- \n${foot}${stopUrl === undefined ? "" : `\nNot for you any more? ${stopUrl}`}`,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}
