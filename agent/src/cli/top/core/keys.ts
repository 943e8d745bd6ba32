import type { MeasuredService } from "../../../control/protocol.ts";
import { chosenOf } from "./frame.ts";
import { ordered } from "./order.ts";
import type { Sort, TopState } from "./top-types.ts";

/** A key, by name where it has no letter. */
export type Key =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  | "interrupt"
  | { letter: string };

/** What a key asks for beyond what is shown. */
export type Wish = { kind: "quit" } | { kind: "restart"; service: string } | null;

/** What a key does. `page`: lines that fit; `lines`: how many of the log there are. */
export function press(
  state: TopState,
  key: Key,
  { services, page, lines }: { services: readonly MeasuredService[]; page: number; lines: number },
): { state: TopState; wish: Wish } {
  if (key === "interrupt") return { state, wish: { kind: "quit" } };
  const { mode } = state;
  switch (mode.kind) {
    case "filter":
      return { state: typed(state, mode.before, key), wish: null };
    case "confirm": {
      const yes = isLetter(key, "y");
      const after: TopState = { ...state, mode: { kind: "table" }, note: yes ? `${mode.service}: restarting` : "" };
      return { state: after, wish: yes ? { kind: "restart", service: mode.service } : null };
    }
    case "logs":
      return { state: scrolled(state, mode, key, page, lines), wish: null };
    case "table":
      if (isLetter(key, "q")) return { state, wish: { kind: "quit" } };
      return { state: inTable({ ...state, note: "" }, key, services, page), wish: null };
  }
}

const SORT_KEYS: Record<string, Sort> = {
  c: "cpu",
  C: "cpu",
  m: "memory",
  M: "memory",
  // The small ones restart and read logs.
  R: "restarts",
  L: "latency",
  n: "name",
  N: "name",
};

function inTable(state: TopState, key: Key, services: readonly MeasuredService[], page: number): TopState {
  const chosen = chosenOf(state, services);
  if (typeof key === "string") {
    if (key === "escape") return { ...state, filter: "" };
    if (key === "enter" && chosen !== null) return toLogs(state, chosen.name);
    return { ...state, at: neighbour(state, services, stepOf(key, page)) };
  }
  const { letter } = key;
  const sort = SORT_KEYS[letter];
  if (sort !== undefined) return { ...state, sort };
  if (letter === "/") return { ...state, mode: { kind: "filter", before: state.filter } };
  if (letter === "j" || letter === "k") return { ...state, at: neighbour(state, services, letter === "j" ? 1 : -1) };
  if (chosen === null) return state;
  if (letter === "r") return { ...state, at: chosen.name, mode: { kind: "confirm", service: chosen.name } };
  if (letter === "l") return toLogs(state, chosen.name);
  return state;
}

const toLogs = (state: TopState, service: string): TopState => ({
  ...state,
  at: service,
  mode: { kind: "logs", service, up: 0 },
});

/** How many lines a key goes down; the ends are as far as it goes. */
function stepOf(key: Exclude<Key, object>, page: number): number {
  switch (key) {
    case "up":
      return -1;
    case "down":
      return 1;
    case "page-up":
      return -page;
    case "page-down":
      return page;
    case "home":
      return Number.NEGATIVE_INFINITY;
    case "end":
      return Number.POSITIVE_INFINITY;
    default:
      return 0;
  }
}

function neighbour(state: TopState, services: readonly MeasuredService[], by: number): string | null {
  const shown = ordered(services, state.sort, state.filter);
  const at = shown.findIndex(({ name }) => name === chosenOf(state, services)?.name);
  return shown[Math.min(shown.length - 1, Math.max(0, at + by))]?.name ?? null;
}

function typed(state: TopState, before: string, key: Key): TopState {
  if (typeof key === "object") return { ...state, filter: state.filter + key.letter };
  if (key === "backspace") return { ...state, filter: state.filter.slice(0, -1) };
  if (key === "enter") return { ...state, mode: { kind: "table" } };
  if (key === "escape") return { ...state, filter: before, mode: { kind: "table" } };
  return state;
}

function scrolled(
  state: TopState,
  { service, up }: { service: string; up: number },
  key: Key,
  page: number,
  lines: number,
): TopState {
  if (key === "escape" || isLetter(key, "q") || isLetter(key, "l")) return { ...state, mode: { kind: "table" } };
  const by = typeof key === "string" ? stepOf(key, page) : (LOG_STEPS[key.letter] ?? 0);
  const top = Math.max(0, lines - page);
  return { ...state, mode: { kind: "logs", service, up: Math.min(top, Math.max(0, up - by)) } };
}

/** As less(1) has them. */
const LOG_STEPS: Record<string, number> = {
  j: 1,
  k: -1,
  g: Number.NEGATIVE_INFINITY,
  G: Number.POSITIVE_INFINITY,
};

const isLetter = (key: Key, letter: string) => typeof key === "object" && key.letter === letter;
