import type { ShownMail } from "./alert-mail.ts";

/** How grave it is, as colour and word; what is over has a colour of its own. */
const COLOURS: Record<string, string> = { critical: "#b83232", error: "#b83232", warning: "#93630a", info: "#2f639d" };
const OVER = "#1f7a58";
const ACKNOWLEDGED = "#2f639d";

/**
 * The mail as HTML that every client shows: one column, styles on the elements, colours for dark screens where a client reads them.
 * Everything told is escaped; nothing is fetched.
 */
export function htmlOf(mail: ShownMail): string {
  const { message, title, who, lines, next, output, links, foot, stopUrl } = mail;
  const isOver = message.phase === "closed" || message.phase === "late";
  const isAcknowledged = message.phase === "acknowledged";
  const colour = isOver ? OVER : isAcknowledged ? ACKNOWLEDGED : (COLOURS[message.severity] ?? OVER);
  const word = isOver ? "over" : isAcknowledged ? "acknowledged" : message.severity;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${text(title)}</title><style>${DARK}</style></head>
<body class="paper" style="margin:0;background:#fbfaf7;color:#15202b;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
<div style="display:none;max-height:0;overflow:hidden">${text(lines[0] ?? title)}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;table-layout:fixed;text-align:left"><tr>
<td class="card" style="background:#ffffff;border:1px solid #e3e0d8;border-left:4px solid ${colour};border-radius:8px;padding:20px 22px;overflow-wrap:anywhere;word-break:break-word">
<p class="soft" style="margin:0 0 6px;font-size:13px;color:#5b6672">${text(who)} · <b class="${word}" style="color:${colour}">${text(word)}</b> · ${when(message.atMs)}</p>
<h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">${text(title)}</h1>
${lines.map((line) => `<p style="margin:0 0 8px">${text(line)}</p>`).join("\n")}
${output.length === 0 ? "" : `<pre class="wash" style="margin:14px 0;padding:12px 14px;background:#f3f0e8;border-radius:8px;font:13px/1.55 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere">${text(output.join("\n"))}</pre>`}
${next.map((line) => `<p class="soft" style="margin:0 0 8px;color:#5b6672">${text(line)}</p>`).join("\n")}
${links.length === 0 ? "" : `<p style="margin:18px 0 0">${links.map(button).join(" ")}</p>`}
</td></tr><tr><td class="soft" style="padding:14px 4px;font-size:13px;color:#5b6672">${text(foot)}${stopUrl === undefined ? "" : ` <a class="soft" href="${text(stopUrl)}" style="color:#5b6672">Not for you any more?</a>`}</td></tr></table>
</td></tr></table></body></html>
`;
}

const DARK = `@media (prefers-color-scheme:dark){.paper{background:#0f151b!important;color:#e8ecef!important}.card{background:#141c24!important;border-top-color:#26303a!important;border-right-color:#26303a!important;border-bottom-color:#26303a!important}.soft{color:#9aa7b3!important}.wash{background:#19222b!important}.plain{background:#141c24!important;color:#e8ecef!important;border-color:#26303a!important}.strong{background:#e8ecef!important;color:#0f151b!important;border-color:#e8ecef!important}.critical,.error{color:#f07d7d!important}.warning{color:#e0a93a!important}.info,.acknowledged{color:#79aee2!important}.over{color:#4bb78e!important}}`;

function button({ label, url }: ShownMail["links"][number], index: number): string {
  const look =
    index === 0
      ? "background:#15202b;color:#fbfaf7;border:1px solid #15202b"
      : "background:#ffffff;color:#15202b;border:1px solid #e3e0d8";
  return `<a class="${index === 0 ? "strong" : "plain"}" href="${text(url)}" style="display:inline-block;margin:0 6px 8px 0;padding:10px 16px;border-radius:7px;text-decoration:none;${look}">${text(label)}</a>`;
}

/** As a mail stays readable for years: the day, and in UTC, since nobody knows the reader's zone. */
function when(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function text(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
