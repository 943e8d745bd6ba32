import { groupsOf } from "@afloat/shared/config/groups";
import { loadConfig } from "../config/load.ts";
import { type LogPlace, logPlaceOf } from "../logs/ledger.ts";
import { gapWords } from "../logs/gap-words.ts";
import { gapsOf, LogReader } from "../logs/log-reader.ts";
import { LineCutter } from "../logs/lines.ts";
import { selectLines, type ServiceLine } from "../logs/select-lines.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { messageOf } from "../error-words.ts";
import { untilLeft } from "./until-left.ts";
import { localTime, parseWhen, WHEN } from "./when.ts";

export interface LogsOptions {
  lines?: string;
  follow?: boolean;
  since?: string;
  grep?: string;
  ignoreCase?: boolean;
  time?: boolean;
  json?: boolean;
}

/** How often followed files are looked at, milliseconds. */
const LOOK_MS = 100;
/** Lines of each service that are shown where nothing else chooses them. */
const LINES = 20;

/** `afloat logs`: read from the files, whether an agent runs or not; it is not asked. */
export async function logs(place: Place, asked: string[], options: LogsOptions): Promise<number> {
  const { services } = loadConfig(place.configFile);
  const known = services.map(({ name }) => name);
  const named = asked.length === 0 ? { names: known } : namedServices(asked, known, groupsOf(services));
  const choice = "fault" in named ? named : choiceOf(options);
  if ("fault" in named || "fault" in choice) {
    console.error("fault" in named ? named.fault : "fault" in choice ? choice.fault : "");
    return 2;
  }
  const places = named.names.map((service) => ({ service, place: logPlaceOf(place.stateDir, service) }));
  const print = printer(options, named.names.length > 1);
  const chosen = places.map((each) => selectLines(each.service, each.place, choice));
  const lines = chosen.flatMap(({ lines: each }) => each);
  // Services are merged by time, as far as it is known; of one service the order is always its own.
  for (const line of places.length > 1 ? lines.toSorted(byTime) : lines) print(line);
  if (options.json !== true) for (const each of places) sayGaps(each.place, each.service, choice.sinceMs);
  if (options.follow === true)
    await followAll(
      places,
      chosen.map(({ end }) => end),
      choice.grep,
      print,
    );
  return 0;
}

interface Choice {
  count: number;
  sinceMs: number | null;
  grep: RegExp | null;
}

function choiceOf(options: LogsOptions): Choice | { fault: string } {
  const { lines, since, grep } = options;
  const everything = since !== undefined || grep !== undefined;
  const count =
    lines === undefined
      ? everything
        ? Number.POSITIVE_INFINITY
        : LINES
      : lines === "all"
        ? Number.POSITIVE_INFINITY
        : Number(lines);
  if (!(count === Number.POSITIVE_INFINITY || (Number.isInteger(count) && count >= 0)))
    return { fault: `expected --lines to be a number or all, got ${lines}` };
  const sinceMs = since === undefined ? null : parseWhen(since, Date.now());
  if (since !== undefined && sinceMs === null) return { fault: `expected --since to be ${WHEN}, got ${since}` };
  try {
    return {
      count,
      sinceMs,
      grep: grep === undefined ? null : new RegExp(grep, options.ignoreCase === true ? "iu" : "u"),
    };
  } catch (error) {
    return {
      fault: `expected --grep to be a regular expression: ${messageOf(error)}`,
    };
  }
}

const byTime = (a: ServiceLine, b: ServiceLine) =>
  (a.atMs ?? Number.MAX_SAFE_INTEGER) - (b.atMs ?? Number.MAX_SAFE_INTEGER);

function printer(options: LogsOptions, several: boolean): (line: ServiceLine) => void {
  return ({ service, atMs, text }) => {
    if (options.json === true) {
      console.log(JSON.stringify({ service, at: atMs === null ? null : new Date(atMs).toISOString(), line: text }));
      return;
    }
    const time = options.time === true ? `${atMs === null ? "time unknown       " : localTime(atMs)} ` : "";
    console.log(`${several ? `${service} | ` : ""}${time}${text}`);
  };
}

/** On stderr: what is missing is no part of the output. */
function sayGaps(place: LogPlace, service: string, sinceMs: number | null): void {
  for (const gap of gapsOf(place)) {
    if (gap.toMs >= (sinceMs ?? Date.now() - 24 * 3_600_000))
      console.error(`(${service}, ${localTime(gap.toMs)}: ${gapWords(gap)})`);
  }
}

async function followAll(
  places: { service: string; place: LogPlace }[],
  ends: number[],
  grep: RegExp | null,
  print: (line: ServiceLine) => void,
): Promise<void> {
  const followed = places.map(({ service, place }, i) => ({
    service,
    reader: new LogReader(place, ends[i] ?? 0),
    cutter: new LineCutter(),
  }));
  const look = () => {
    for (const { service, reader, cutter } of followed) {
      for (let chunk = reader.next(); chunk !== null; chunk = reader.next()) {
        for (const { text } of cutter.take(chunk, reader.at))
          if (grep === null || grep.test(text)) print({ service, atMs: Date.now(), text });
      }
    }
  };
  await untilLeft(look, LOOK_MS);
}
