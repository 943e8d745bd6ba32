import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { Status } from "../control/protocol.ts";
import { journalWords } from "../journal/core/journal-words.ts";
import type { Sheet } from "./core/screen.ts";
import { statusTable, troubleLines } from "./core/status-table.ts";
import { cutTo } from "./core/text-width.ts";
import { marked } from "./marks.ts";
import { USUAL_COLUMNS } from "./wrapped.ts";

/** The table, and under it what needs a person. */
export function statusLines(status: Status): string[] {
  const { head, rows, trouble } = sheetOf(status, columnsOf());
  return [head, ...rows.map(({ line }) => line), ...(trouble.length > 0 ? ["", ...trouble] : [])];
}

/** How wide the terminal is; null where there is none. */
export const columnsOf = () => (process.stdout.isTTY ? process.stdout.columns : null);

/** What is shown of a status. Without a terminal the table is as narrow as the smallest, and sentences are not wrapped. */
export function sheetOf(status: Status, columns: number | null): Sheet {
  const width = columns ?? USUAL_COLUMNS;
  const [head = "", ...lines] = statusTable(status.services, Date.now(), width);
  const rows = status.services.map((service, i) => ({
    line: marked(service, lines[i] ?? ""),
    isWell: isWell(service),
  }));
  const link = linkWords(status.link);
  const foot = columns === null ? link : cutTo(link, columns);
  const journal = status.journal === undefined ? null : journalWords(status.journal, Date.now());
  const disk = journal === null ? [] : [journal.what, `  ${journal.why}. afloat doctor says what mends it.`];
  return { head: `  ${head}`, rows, trouble: [...troubleLines(status.services, columns), ...disk], foot };
}

/** Up and well, or as a person wants it. */
export const isWell = ({ verdict, loop }: ServiceSnapshot) =>
  loop === null && (verdict === "healthy" || verdict === "completed" || verdict === "paused");

/** The way to the cloud, in a line. */
function linkWords(link: Status["link"]): string {
  const unsent = link.unsent === 0 || link.kind === "none" ? "" : `; ${link.unsent} events not told yet`;
  switch (link.kind) {
    case "none":
      return link.why;
    case "connected":
      return `connected to ${link.cloud}${link.via === "http" ? " by HTTP" : ""}${unsent}`;
    case "connecting":
      return `connecting to ${link.cloud}${link.lastError === null ? "" : `: ${link.lastError}`}${mendWords(link)}${unsent}`;
    case "refused":
      return `not connected to ${link.cloud}: ${link.why}${mendWords(link)}${unsent}`;
  }
}

const mendWords = ({ mend }: { mend?: string | null }) => (mend === null || mend === undefined ? "" : `; ${mend}`);
