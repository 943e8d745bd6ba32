import { cut, lastThatFit, type Telling } from "../telling.ts";

/**
 * Slack's limits (docs.slack.dev/reference/block-kit/blocks): 50 blocks a message, 150 characters of a header, 3,000 of a section's text;
 * all blocks together must stay well below 13,000 (slackapi/bolt-js issue 2509).
 */
const HEADER_LIMIT = 150;
const SECTION_LIMIT = 3000;
const OUTPUT_LIMIT = 2600;
const FOOT_LIMIT = 2000;
const LINES_SHOWN = 12;

type Block =
  | { type: "header"; text: { type: "plain_text"; text: string; emoji: false } }
  | { type: "section"; text: Mrkdwn }
  | { type: "context"; elements: Mrkdwn[] };

interface Mrkdwn {
  type: "mrkdwn";
  text: string;
}

/** The message: what, why, the last lines, what happens next, what to do. */
export function slackMessage(telling: Telling) {
  const { message, organization, links } = telling;
  const lines = message.lines.slice(0, LINES_SHOWN).map((line) => cut(line, 400));
  const output = lastThatFit(message.lastLines, OUTPUT_LIMIT, 300, inCode);
  const linked = links.map(({ label, url }) => `<${url}|${escaped(label)}>`).join("   ·   ");
  const foot = [organization.name, message.severity, ...message.next].map((part) => cut(part, 300)).join("  ·  ");
  const blocks: Block[] = [
    { type: "header", text: { type: "plain_text", text: cut(message.title, HEADER_LIMIT), emoji: false } },
    ...(message.title.length > HEADER_LIMIT ? [section(escapedWithin(message.title, SECTION_LIMIT))] : []),
    ...(lines.length > 0 ? [section(escapedWithin(lines.join("\n"), SECTION_LIMIT))] : []),
    ...(output.length > 0 ? [section(`\`\`\`\n${output.join("\n")}\n\`\`\``)] : []),
    ...(linked === "" ? [] : [section(linked)]),
    { type: "context", elements: [{ type: "mrkdwn", text: escapedWithin(foot, FOOT_LIMIT) }] },
  ];
  // The text is what notifications and screen readers say. Links of ours are not to be looked at in advance.
  const text = cut([message.title, ...message.lines].join("\n"), 1000);
  return { text: escaped(text), blocks, unfurl_links: false, unfurl_media: false };
}

function section(text: string): Block {
  return { type: "section", text: { type: "mrkdwn", text: cut(text, SECTION_LIMIT) } };
}

/** The three characters that Slack reads as its own (docs.slack.dev/messaging/formatting-message-text, "Escaping text"). */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** The longest beginning that fits when it is escaped: a cut afterwards might go through the middle of `&lt;`. */
function escapedWithin(text: string, limit: number): string {
  for (let room = limit; ; room = Math.floor(room * 0.8)) {
    const whole = escaped(cut(text, room));
    if (whole.length <= limit) return whole;
  }
}

/** Nothing in it ends the block of code. */
function inCode(line: string): string {
  return escaped(line.replaceAll("```", "'''"));
}
