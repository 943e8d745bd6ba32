import { nearest } from "../config/nearest.ts";
import { EVENT_KINDS, type EventKind } from "./core/told-event.ts";
import { type EventSheet, eventLines, nameColumnsOf } from "./event-lines.ts";
import { type Choice, History } from "./history.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { untilLeft } from "./until-left.ts";
import { parseWhen, WHEN } from "./when.ts";

export interface EventsOptions {
  lines?: string;
  follow?: boolean;
  since?: string;
  until?: string;
  kind?: string;
  json?: boolean;
}

/** How often a followed journal is looked at, milliseconds. */
const LOOK_MS = 200;
/** Events that are shown where nothing else chooses them. */
const LINES = 30;

/** `afloat events`: read from the journal on disk, whether an agent runs or not; it is not asked. */
export async function events(place: Place, words: string[], options: EventsOptions): Promise<number> {
  const asked = words.some((word) => word.startsWith("@")) ? await withoutGroups(words, place) : words;
  const choice = choiceOf(asked, options);
  const history = new History(place.stateDir);
  const found = "fault" in choice ? [] : history.read(choice);
  const fault = "fault" in choice ? choice.fault : await faultOf(asked, [...history.names], place);
  if ("fault" in choice || fault !== null) {
    console.error(fault);
    return 2;
  }
  const print =
    options.json === true
      ? printJson
      : printer(options.follow === true ? [...history.names] : found.map(({ service }) => service ?? ""));
  for (const each of found) print(each);
  if (options.follow === true) {
    const all = { ...choice, count: Number.POSITIVE_INFINITY };
    await untilLeft(() => history.read(all).forEach(print), LOOK_MS);
  } else if (found.length === 0 && options.json !== true)
    console.error(history.names.size === 0 ? "nothing has happened here yet" : "nothing like that happened");
  return 0;
}

function choiceOf(asked: string[], { lines, since, until, kind }: EventsOptions): Choice | { fault: string } {
  const everything = since !== undefined || until !== undefined || kind !== undefined;
  const wanted = lines ?? (everything ? "all" : LINES);
  const count = wanted === "all" ? Number.POSITIVE_INFINITY : Number(wanted);
  if (count !== Number.POSITIVE_INFINITY && !(Number.isInteger(count) && count >= 0))
    return { fault: `expected --lines to be a number or all, got ${lines}` };
  const nowMs = Date.now();
  const sinceMs = since === undefined ? 0 : parseWhen(since, nowMs);
  if (sinceMs === null) return { fault: `expected --since to be ${WHEN}, got ${since}` };
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : parseWhen(until, nowMs);
  if (untilMs === null) return { fault: `expected --until to be ${WHEN}, got ${until}` };
  const words = kind?.split(",").map((word) => word.trim()) ?? [...EVENT_KINDS];
  const unknown = words.find((word) => !EVENT_KINDS.some((each) => each === word));
  if (unknown !== undefined) return { fault: kindFault(unknown) };
  const kinds = new Set<EventKind>(EVENT_KINDS.filter((each) => words.includes(each)));
  // What the agent itself did belongs to every service.
  const isMeant = (service: string | null) =>
    asked.length === 0 || service === null || asked.some((each) => fits(each, service));
  return { count, sinceMs, untilMs, kinds, isMeant };
}

function kindFault(word: string): string {
  const close = nearest(word, [...EVENT_KINDS]);
  const hint = close === null ? "" : `. Did you mean ${close}?`;
  return `expected --kind to be some of ${EVENT_KINDS.join(", ")}, got ${word}${hint}`;
}

const fits = (asked: string, service: string) => !("fault" in namedServices([asked], [service]));

/** Says who is known neither from what happened nor from the configuration. */
async function faultOf(asked: string[], heard: string[], place: Place): Promise<string | null> {
  if (!("fault" in namedServices(asked, heard))) return null;
  const named = namedServices(asked, [...new Set([...heard, ...(await configured(place))])]);
  return "fault" in named ? named.fault : null;
}

/** Groups as the names of those in them. Throws ConfigError: who is in them, the file says. */
async function withoutGroups(words: string[], { configFile }: Place): Promise<string[]> {
  const [{ loadConfig }, { groupsOf }] = await Promise.all([
    import("../config/load.ts"),
    import("@afloat/shared/config/groups"),
  ]);
  const groups = groupsOf(loadConfig(configFile).services);
  return words.flatMap((word) => (Object.hasOwn(groups, word) ? (groups[word] ?? []) : [word]));
}

async function configured({ configFile }: Place): Promise<string[]> {
  const { ConfigError, loadConfig } = await import("../config/load.ts");
  try {
    return loadConfig(configFile).services.map(({ name }) => name);
  } catch (error) {
    // What happened can be told without it.
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

type Found = ReturnType<History["read"]>[number];

function printJson({ atMs, service, kind, text, event }: Found): void {
  console.log(JSON.stringify({ at: new Date(atMs).toISOString(), service, kind, text, event }));
}

function printer(names: string[]): (each: Found) => void {
  const columns = process.stdout.isTTY ? process.stdout.columns : null;
  const sheet: Omit<EventSheet, "nowMs"> = { nameColumns: nameColumnsOf(names), columns };
  return (each) => console.log(eventLines(each, { ...sheet, nowMs: Date.now() }).join("\n"));
}
