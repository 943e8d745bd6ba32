import { request } from "../control/client.ts";
import type { Status } from "../control/protocol.ts";
import { socketPathOf } from "../state/paths.ts";
import { configNote, isConfigChanged } from "./config-note.ts";
import { wholeSheet } from "./core/screen.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { columnsOf, isWell, sheetOf } from "./status-sheet.ts";

/** What is shown, and how. */
export interface StatusOptions {
  watch?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Shows a status, and with `watch` all that follow it, of the services that are asked for. */
export async function showStatus(
  first: Status,
  place: Place,
  asked: string[],
  options: StatusOptions,
): Promise<number> {
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
  if (json) console.log(JSON.stringify({ ...only(first), configChanged: await isConfigChanged(first) }));
  else console.log([...wholeSheet(sheetOf(only(first), columnsOf())), ...(await configNote(first))].join("\n"));
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
