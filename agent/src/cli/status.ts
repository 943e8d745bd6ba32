import type { ServiceSnapshot } from "@afloat/shared/domain";
import { NotAnswering, request } from "../control/client.ts";
import type { ControlAnswer, Status } from "../control/protocol.ts";
import type { Place } from "./place.ts";
import { socketPathOf } from "../state/paths.ts";
import { configNote, isConfigChanged } from "./config-note.ts";
import { type Sheet, wholeSheet } from "./core/screen.ts";
import { statusTable, troubleLines } from "./core/status-table.ts";
import { cutTo } from "./core/text-width.ts";
import { marked } from "./marks.ts";
import { namedServices } from "./named-services.ts";
import { USUAL_COLUMNS } from "./wrapped.ts";

interface StatusOptions {
  watch?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** `afloat status`: once, or after every change until Ctrl-C. Throws NotRunning. */
export async function status(place: Place, asked: string[], options: StatusOptions): Promise<number> {
  const first = await fetchStatus(place.stateDir);
  const named = namedServices(
    asked,
    first.services.map(({ name }) => name),
    first.groups,
  );
  if ("fault" in named) {
    console.error(named.fault);
    return 2;
  }
  const services = named.names;
  const only = (whole: Status): Status =>
    services.length === 0
      ? whole
      : { ...whole, services: whole.services.filter(({ name }) => services.includes(name)) };
  const json = options.json === true;
  if (options.watch === true) return watch(place, only, json);
  if (options.quiet === true) return only(first).services.every(isWell) ? 0 : 1;
  if (json) console.log(JSON.stringify({ ...only(first), configChanged: isConfigChanged(first) }));
  else console.log([...wholeSheet(sheetOf(only(first), columnsOf())), ...configNote(first)].join("\n"));
  return 0;
}

async function watch(place: Place, only: (whole: Status) => Status, json: boolean): Promise<number> {
  if (process.stdout.isTTY && !json) return (await import("./watch.ts")).watchInPlace(place, only, sheetOf);
  await request(socketPathOf(place.stateDir), { call: "watch" }, (answer) => {
    if (answer.kind !== "changed") return "more";
    const shown = only(answer.status);
    if (json) console.log(JSON.stringify(shown));
    else console.log(`${wholeSheet(sheetOf(shown, columnsOf())).join("\n")}\n`);
    return "more";
  });
  return 0;
}

/** The table, and under it what needs a person. */
export function statusLines(status: Status): string[] {
  const { head, rows, trouble } = sheetOf(status, columnsOf());
  return [head, ...rows.map(({ line }) => line), ...(trouble.length > 0 ? ["", ...trouble] : [])];
}

/** How wide the terminal is; null where there is none. */
const columnsOf = () => (process.stdout.isTTY ? process.stdout.columns : null);

/** What is shown of a status. Without a terminal the table is as narrow as the smallest, and sentences are not wrapped. */
function sheetOf(status: Status, columns: number | null): Sheet {
  const width = columns ?? USUAL_COLUMNS;
  const [head = "", ...lines] = statusTable(status.services, Date.now(), width);
  const rows = status.services.map((service, i) => ({
    line: marked(service, lines[i] ?? ""),
    isWell: isWell(service),
  }));
  const link = linkWords(status.link);
  const foot = columns === null ? link : cutTo(link, columns);
  return { head: `  ${head}`, rows, trouble: troubleLines(status.services, columns), foot };
}

/** Up and well, or as a person wants it. */
const isWell = ({ verdict, loop }: ServiceSnapshot) =>
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
      return `connecting to ${link.cloud}${link.lastError === null ? "" : `: ${link.lastError}`}${unsent}`;
    case "refused":
      return `not connected to ${link.cloud}: ${link.why}${unsent}`;
  }
}

/** How long an agent that hangs is waited for, milliseconds. */
export const AGENT_MS = 10_000;

/** What the agent says of itself and its services; an agent that hangs is waited for 10 s. Throws NotRunning. */
export async function fetchStatus(stateDir: string): Promise<Status> {
  const signal = AbortSignal.timeout(AGENT_MS);
  let found: Status | null = null;
  let fault = "the agent answered without its status";
  const take = (answer: ControlAnswer) => {
    if (answer.kind === "status") found = answer.status;
    if (answer.kind === "error") fault = answer.message;
    return "last" as const;
  };
  await request(socketPathOf(stateDir), { call: "status" }, take, signal);
  if (found === null && signal.aborted) throw new NotAnswering("the agent does not answer; it seems to hang");
  if (found === null) throw new Error(fault);
  return found;
}
