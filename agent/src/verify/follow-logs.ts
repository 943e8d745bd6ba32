import { messageOf } from "../error-words.ts";
import { type LogPlace, logPlaceOf } from "../logs/ledger.ts";
import { LineCutter } from "../logs/lines.ts";
import { extentOf, LogReader } from "../logs/log-reader.ts";
import type { Watch } from "./core/watch.ts";

/** How much of one service's log is read at one look, chunks of at most 256 KB: a flood must not hold up the rest. */
const CHUNKS = 64;

interface Followed {
  service: string;
  place: LogPlace;
  reader: LogReader;
  cutter: LineCutter;
}

/** Tells the watch of every line that services write from now on; `look` does so, `faults` are logs that cannot be read. */
export function followLogs(stateDir: string, services: readonly string[], watch: Watch) {
  const faults = new Map<string, string>();
  const followed = services.flatMap((service): Followed[] => {
    const place = logPlaceOf(stateDir, service);
    try {
      return [{ service, place, reader: new LogReader(place, extentOf(place).end), cutter: new LineCutter() }];
    } catch (error) {
      faults.set(service, `the log of ${service} cannot be read: ${messageOf(error)}`);
      return [];
    }
  });
  const look = () => {
    for (const each of followed) {
      try {
        readNew(each, watch);
      } catch (error) {
        faults.set(each.service, `the log of ${each.service} cannot be read: ${messageOf(error)}`);
      }
    }
  };
  return { look, faults: () => [...faults.values()] };
}

function readNew({ service, reader, cutter }: Followed, watch: Watch): void {
  for (let i = 0; i < CHUNKS; i++) {
    const chunk = reader.next();
    if (chunk === null) return;
    for (const { text } of cutter.take(chunk, reader.at)) watch.line(service, text);
  }
}
