import { cpuWords, memoryWords } from "@afloat/shared/core/measure-words";
import type { MeasuredService } from "../../../control/protocol.ts";
import { columnsFor, fitted, rowText } from "./columns.ts";
import { ordered } from "./order.ts";
import type { FrameLine, Seen, TopState } from "./top-types.ts";

const KEYS = "↑↓ choose  / filter  r restart  l logs  q quit   sort: c cpu  m memory  R restarts  L latency  n name";
/** The same, for a terminal of 80 columns. */
const SHORT_KEYS = "↑↓ choose  / filter  r restart  l logs  q quit  sort by c cpu m mem R L n name";
const LOG_KEYS = "↑↓ PgUp PgDn scroll  G newest  q back";

/** What the terminal shows: as many lines as it has, none wider than it is. */
export function frameOf(state: TopState, seen: Seen): FrameLine[] {
  const lines = state.mode.kind === "logs" ? logLines(state.mode, seen) : tableLines(state, seen);
  return lines.map((line) => ({ ...line, text: fitted(line.text, seen.width - (line.verdict === null ? 0 : 2)) }));
}

/** The service a key means: the chosen one, and where that is not shown, the first. */
export function chosenOf(state: TopState, services: readonly MeasuredService[]): MeasuredService | null {
  const shown = ordered(services, state.sort, state.filter);
  return shown.find(({ name }) => name === state.at) ?? shown[0] ?? null;
}

function tableLines(state: TopState, seen: Seen): FrameLine[] {
  const { services, nowMs, width, height } = seen;
  const shown = ordered(services, state.sort, state.filter);
  const columns = columnsFor(width, services);
  const head = [
    plain(headline(state, services, shown), "strong"),
    plain(""),
    plain(`  ${rowText(columns, ({ head: word }) => word)}`, "soft"),
  ];
  const isLive = height !== null;
  const foot = isLive
    ? [plain(footOf(state, width), state.mode.kind === "table" && state.note === "" ? "soft" : "strong")]
    : [];
  const chosen = chosenOf(state, services);
  const room = isLive ? Math.max(1, height - head.length - foot.length) : shown.length;
  const first = firstShown(
    shown.findIndex((each) => each === chosen),
    room,
    shown.length,
  );
  const rows = shown.slice(first, first + room).map((service): FrameLine => ({
    text: rowText(columns, ({ cell }) => cell(service, nowMs)),
    style: "plain",
    verdict: service.loop === null ? service.verdict : "down",
    chosen: isLive && service === chosen,
  }));
  const empty =
    shown.length === 0
      ? [plain(services.length === 0 ? "  no services" : `  no service has ${state.filter} in its name`)]
      : [];
  const body = [...rows, ...empty];
  const filling = isLive ? Array.from({ length: Math.max(0, room - body.length) }, () => plain("")) : [];
  return [...head, ...body, ...filling, ...foot];
}

/** The chosen one stays in view, in the middle where there is more than fits. */
function firstShown(at: number, room: number, count: number): number {
  return Math.max(0, Math.min(at - Math.floor(room / 2), count - room));
}

function headline(
  { sort, filter }: TopState,
  services: readonly MeasuredService[],
  shown: readonly MeasuredService[],
): string {
  const cpu = sumOf(services.map(({ measures }) => measures?.cpu ?? null));
  const memory = sumOf(services.map(({ measures }) => measures?.memoryBytes ?? null));
  const count = `${services.length} service${services.length === 1 ? "" : "s"}`;
  const part = filter === "" ? count : `${shown.length} of ${count}, with ${filter}`;
  return `afloat top: ${part} · cpu ${cpuWords(cpu)} · memory ${memoryWords(memory)} · by ${sort}`;
}

/** Of what is known; null where nothing is. */
function sumOf(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
}

function footOf({ mode, filter, note }: TopState, width: number): string {
  if (mode.kind === "filter") return `filter: ${filter}▏ Enter keeps it, Esc gives it up`;
  if (mode.kind === "confirm") return `restart ${mode.service}? y restarts it, any other key does not`;
  if (note !== "") return note;
  return width < KEYS.length ? SHORT_KEYS : KEYS;
}

function logLines({ service, up }: { service: string; up: number }, { lines, height }: Seen): FrameLine[] {
  const room = Math.max(1, (height ?? lines.length + 2) - 2);
  const end = Math.max(Math.min(room, lines.length), lines.length - up);
  const shown = lines.slice(Math.max(0, end - room), end);
  const where =
    end === lines.length ? "newest at the bottom, followed" : `${lines.length - end} lines above the newest`;
  const filling = Array.from({ length: room - shown.length }, () => plain(""));
  return [
    plain(`${service}: ${lines.length === 0 ? "it wrote nothing yet" : where}`, "strong"),
    ...shown.map((line) => plain(line)),
    ...filling,
    plain(LOG_KEYS, "soft"),
  ];
}

const plain = (text: string, style: FrameLine["style"] = "plain"): FrameLine => ({
  text,
  style,
  verdict: null,
  chosen: false,
});
