import { oneOf } from "../../../test/behaviours/random.ts";
import { isAnyAway } from "./away.ts";
import { between, MIN, type Random } from "./chance.ts";
import type { HostScript, Ours } from "./script.ts";

export interface Span {
  fromMs: number;
  toMs: number;
}

/** Work on a host that is announced, and may be moved, prolonged, ended sooner or called off. */
export interface Work {
  /** One of its services; null for all of it. */
  service: string | null;
  /** What somebody wants of it, and when he says so; null: that it be called off, or over. The last one holds. */
  versions: { atMs: number; span: Span | null }[];
}

/** How much before its time it is announced, moved, or called off. */
const AHEAD_MS = 15 * MIN;

/** Work on a host some time in the day, as it is announced and what becomes of it. */
export function workOf(random: Random, service: string | null, lengthMs: number): Work {
  const fromMs = between(random, lengthMs / 4, lengthMs / 2);
  const toMs = fromMs + between(random, 20 * MIN, 60 * MIN);
  const first = { atMs: random() < 0.5 ? 0 : fromMs - 2 * AHEAD_MS, span: { fromMs, toMs } };
  const second = { atMs: fromMs - AHEAD_MS, span: null };
  const later = between(random, 10 * MIN, 60 * MIN);
  const during = between(random, fromMs + 3 * MIN, toMs - 3 * MIN);
  const changes: Work["versions"][] = [
    ...[[], []],
    [{ ...second, span: { fromMs: fromMs + later, toMs: toMs + later } }],
    [second],
    [{ atMs: during, span: { fromMs, toMs: toMs + later } }],
    [{ atMs: during, span: null }],
  ];
  return { service, versions: [first, ...oneOf(changes, random)] };
}

/** As it was announced first. */
export function firstSpanOf({ versions }: Work): Span {
  const span = versions[0]?.span;
  if (span === null || span === undefined) throw new Error("work is announced before it is called off");
  return span;
}

/** When it was worked on in the end; null where that was called off before it began. */
function lastSpanOf(work: Work): Span | null {
  const last = work.versions.at(-1);
  if (last === undefined || last.span !== null) return last?.span ?? null;
  const { fromMs } = firstSpanOf(work);
  return last.atMs > fromMs ? { fromMs, toMs: last.atMs } : null;
}

/** When a host, or with its name one of its services, was worked on. */
export function spansOn({ works }: Pick<HostScript, "works">, service: string | null): Span[] {
  const own = works.filter((work) => work.service === null || work.service === service);
  return own.flatMap((work) => lastSpanOf(work) ?? []);
}

/** From the beginning of the first to the end of the last time that it was ever announced for. */
export function everOf({ versions }: Work): Span {
  const spans = versions.flatMap(({ span }) => span ?? []);
  return { fromMs: Math.min(...spans.map(({ fromMs }) => fromMs)), toMs: Math.max(...spans.map(({ toMs }) => toMs)) };
}

/** While we or the database are away nobody can say anything. */
export function sayable({ service, versions }: Work, ours: readonly Ours[]): Work {
  const said = versions.map((each, index) => (index === 0 && isAnyAway(ours, each.atMs) ? { ...each, atMs: 0 } : each));
  return { service, versions: said.filter(({ atMs }, index) => index === 0 || !isAnyAway(ours, atMs)) };
}
