import type { Connection } from "./connections.ts";
import { type Gap, heldToMs, oursOf, overdueOf, ringsMs, SOON_MS, toldByMs } from "./gaps.ts";
import type { HostScript, Script } from "./script.ts";
import { HOLD_MS, howTold, type Site } from "./site.ts";
import type { Due } from "./truth.ts";

const MIN = 60_000;
/** So many silences inside an hour are told as a link that flaps. */
const FLAPPING = 4;
const WITHIN_MS = 60 * MIN;
/** One thing, up or gone, for so long ends it. */
const STEADY_MS = 30 * MIN;
/** After so long without a silence all that was is over. */
const QUIET_MS = WITHIN_MS + 10 * MIN;

/** A silence of which somebody would be told. */
interface Silence {
  sinceMs: number;
  earliestMs: number;
  latestMs: number;
  /** Hello again, or the end of its time. */
  backMs: number;
  /** False where it may be told, and need not. */
  isCertain: boolean;
  /** It is told with those of its site; a link that flaps goes on flapping by it all the same. */
  isTogether: boolean;
}

/** Where the telling of it stands. `murky`: it hangs on moments that only we know apart, and either is right. */
type State = "plain" | "flapping" | "murky";

/** What has to be told of the link of one host. */
export function silenceDues(
  { host, gaps, connections }: { host: HostScript; gaps: readonly Gap[]; connections: readonly Connection[] },
  site: Site | null,
  script: Script,
): Due[] {
  const endMs = Math.min(host.revokedMs ?? Infinity, script.lengthMs);
  const silences = [...missed(host, gaps, { site, script }, endMs), ...overdue(host, connections, script, endMs)].sort(
    (a, b) => a.earliestMs - b.earliestMs,
  );
  const byesMs = connections.filter(({ end }) => end === "bye").map((each) => each.endMs);
  const telling = new Telling(host, script, endMs);
  const alone = silences.filter(({ isTogether }) => !isTogether);
  let state: State = "plain";
  for (const [index, silence] of silences.entries()) {
    const before = silences[index - 1];
    if (state === "murky" && silence.earliestMs - (before?.backMs ?? 0) > QUIET_MS) state = "plain";
    if (state === "plain" && silence.isTogether) continue;
    if (state === "plain") state = begun(silence, alone, telling);
    if (state === "flapping") state = wentOn(silence, silences[index + 1], byesMs, telling);
    if (state === "murky") telling.either(silence);
  }
  return telling.dues;
}

function missed(
  host: HostScript,
  gaps: readonly Gap[],
  { site, script }: { site: Site | null; script: Script },
  endMs: number,
): Silence[] {
  // A laptop is asleep.
  if (host.sleeps) return [];
  return gaps.flatMap((gap) => {
    const how = howTold(host, gap, site);
    const backMs = Math.min(gap.backMs, endMs);
    if (backMs < gap.earliestMs) return [];
    const heldMs = () => heldToMs(script, host.fleet, gap.latestMs + HOLD_MS, HOLD_MS);
    const latestMs = how === "perhaps" ? heldMs() : gap.latestMs;
    const isCertain = how !== "perhaps" && backMs > latestMs + SOON_MS;
    const isTogether = how === "together";
    return [{ sinceMs: gap.heardMs, earliestMs: gap.earliestMs, latestMs, backMs, isCertain, isTogether }];
  });
}

/** It said when it would be back, and was not. */
function overdue(host: HostScript, connections: readonly Connection[], script: Script, endMs: number): Silence[] {
  return connections.flatMap(({ end, endMs: leftMs }, index) => {
    const within = host.absences.find(({ fromMs }) => fromMs === leftMs)?.backWithinMs;
    if (end !== "bye" || within === undefined) return [];
    const { earliestMs, latestMs } = overdueOf(host, script, leftMs + within);
    const backMs = Math.min(connections[index + 1]?.helloMs ?? Infinity, endMs);
    if (backMs < earliestMs) return [];
    const isCertain = backMs > latestMs + SOON_MS;
    return [{ sinceMs: earliestMs, earliestMs, latestMs, backMs, isCertain, isTogether: false }];
  });
}

function begun(silence: Silence, silences: readonly Silence[], telling: Telling): State {
  const upToNow = silences.filter(({ earliestMs }) => earliestMs <= silence.earliestMs);
  const perhaps = upToNow.filter(({ latestMs }) => latestMs + SOON_MS > silence.earliestMs - WITHIN_MS);
  const surely = upToNow.filter((each) => each.isCertain && each.earliestMs > silence.latestMs + SOON_MS - WITHIN_MS);
  if (perhaps.length < FLAPPING) {
    telling.offline(silence, silence.earliestMs, silence.latestMs);
    return "plain";
  }
  // Who takes it over counts from nothing.
  const isMoved = telling.isMovedBetween(silence.earliestMs - WITHIN_MS, silence.latestMs + SOON_MS);
  if (isMoved || surely.length < FLAPPING || !silence.isCertain) return "murky";
  telling.due("host-flapping/opened", silence.earliestMs, silence.latestMs);
  return "flapping";
}

/** What becomes of a link that flaps: after this silence, until the next. */
function wentOn(silence: Silence, next: Silence | undefined, byesMs: readonly number[], telling: Telling): State {
  const { sinceMs, backMs } = silence;
  const goneMs = sinceMs + STEADY_MS;
  if (backMs > telling.rings(goneMs) + SOON_MS) {
    telling.offline({ ...silence, isCertain: true }, goneMs, telling.rings(goneMs));
    return "plain";
  }
  if (backMs >= goneMs) return "murky";
  const steadyMs = backMs + STEADY_MS;
  const byeMs = byesMs.find((atMs) => atMs >= backMs) ?? Infinity;
  const nextMs = Math.min(next?.earliestMs ?? Infinity, telling.endMs);
  if (Math.min(nextMs, byeMs) > telling.rings(steadyMs) + SOON_MS) {
    telling.due("host-flapping/closed", steadyMs, telling.rings(steadyMs));
    return "plain";
  }
  if (byeMs < nextMs) return byeMs < steadyMs ? "plain" : "murky";
  if (next === undefined) return telling.endMs < steadyMs ? "flapping" : "murky";
  return next.isCertain && next.latestMs + SOON_MS < steadyMs ? "flapping" : "murky";
}

/** Gathers what is due of one host. */
class Telling {
  readonly dues: Due[] = [];
  readonly endMs: number;
  readonly #host: HostScript;
  readonly #script: Script;

  constructor(host: HostScript, script: Script, endMs: number) {
    [this.#host, this.#script, this.endMs] = [host, script, endMs];
  }

  rings(atMs: number): number {
    return ringsMs(this.#script, this.#host.fleet, atMs);
  }

  isMovedBetween(fromMs: number, toMs: number): boolean {
    const ours = oursOf(this.#script, this.#host.fleet);
    return ours.some((each) => each.kind === "move" && fromMs <= each.atMs && each.atMs <= toMs);
  }

  due(what: string, notBeforeMs: number, latestMs: number, must = true): void {
    const notAfterMs = toldByMs(this.#script, this.#host.fleet, latestMs);
    this.dues.push({ key: `${this.#host.name}/-/${what}`, notBeforeMs, notAfterMs, must });
  }

  offline({ backMs, isCertain }: Silence, earliestMs: number, latestMs: number): void {
    this.due("host-offline/opened", earliestMs, latestMs, isCertain);
    // Who was told of it is told that it is over also where the host was taken out.
    if (backMs < this.#script.lengthMs) this.due("host-offline/closed", backMs, backMs, isCertain);
  }

  /** One silence that may be told as this or as that. */
  either({ earliestMs, latestMs, backMs }: Silence): void {
    const untilMs = this.rings(Math.max(latestMs, backMs) + STEADY_MS);
    for (const kind of ["host-flapping", "host-offline"]) {
      for (const phase of ["opened", "closed"]) this.due(`${kind}/${phase}`, earliestMs, untilMs, false);
    }
  }
}
