import type { ServiceSnapshot } from "@afloat/shared/domain";

/** A call of an endpoint, made by the watch itself. */
export interface Call {
  when: "beginning" | "end";
  /** What was asked, with its whole address. */
  asked: string;
  ok: boolean;
  answer: string;
  tookMs: number;
}

/** A time for which a service was not well, or several with the same reason. */
export interface Spell {
  verdict: ServiceSnapshot["verdict"];
  reasonCode: ServiceSnapshot["reasonCode"];
  reason: string;
  times: number;
  /** Of those that are over, milliseconds. */
  lastedMs: number;
  /** When the last one began; null when it is over. */
  sinceMs: number | null;
  /** It was so already when the watch began. */
  fromTheBeginning: boolean;
}

/** Lines of one kind: how many, and the first few. */
export interface Lines {
  count: number;
  samples: string[];
}

/** What was seen of one service. */
export interface WatchedService {
  name: string;
  last: ServiceSnapshot;
  /** False where the agent names it no more. */
  known: boolean;
  restarts: number;
  /** How often its process was another one without a restart being counted. */
  replaced: number;
  /** It was seen up at least once. */
  ran: boolean;
  /** Its newest process, and how many restarts were counted since that one was first seen. */
  pid: number | null;
  countedSincePid: number;
  /** Loops that were seen, by when they opened; how many of them were open at the beginning. */
  loops: Set<number>;
  spells: Map<string, Spell>;
  calls: Call[];
  /** The slowest answer that was seen, whoever asked, milliseconds. */
  slowestMs: number | null;
  written: number;
  errorLike: Lines;
  refused: Lines;
}

/** Lines that look like errors. They are shown, and fail nothing by themselves. */
const ERROR_LIKE = /\b(error|fatal|panic|exception|traceback|segfault|out of memory)\b/i;
/** How many lines of a kind are kept of each service, and how much of each, characters. */
const SAMPLES = 5;
const SAMPLE_LENGTH = 300;

/** What was seen of a host over a while: statuses, calls, lines of output, in the order in which they came. It has no clock of its own. */
export class Watch {
  readonly services = new Map<string, WatchedService>();
  /** Processes of the agent, in order; more than one where it was started anew. */
  readonly agents: number[] = [];
  /** How often the agent was gone, and whether it is now. */
  agentLost = 0;
  agentIsGone = false;
  readonly #refused: RegExp | null;

  /** `refused`: lines that must not be written. */
  constructor(refused: RegExp | null) {
    this.#refused = refused;
  }

  status(agentPid: number, services: readonly ServiceSnapshot[], atMs: number): void {
    this.agentIsGone = false;
    if (this.agents.at(-1) !== agentPid) this.agents.push(agentPid);
    for (const watched of this.services.values()) watched.known = false;
    for (const snapshot of services) {
      const watched = this.services.get(snapshot.name);
      if (watched === undefined) this.services.set(snapshot.name, firstSight(snapshot, atMs));
      else lookAgain(watched, snapshot, atMs);
    }
  }

  agentGone(): void {
    if (!this.agentIsGone) this.agentLost++;
    this.agentIsGone = true;
  }

  called(service: string, call: Call): void {
    const watched = this.services.get(service);
    if (watched === undefined) return;
    watched.calls.push(call);
    watched.slowestMs = Math.max(watched.slowestMs ?? 0, call.tookMs);
  }

  line(service: string, text: string): void {
    const watched = this.services.get(service);
    if (watched === undefined) return;
    watched.written++;
    if (this.#refused?.test(text) === true) keep(watched.refused, text);
    else if (ERROR_LIKE.test(text)) keep(watched.errorLike, text);
  }
}

function keep(lines: Lines, text: string): void {
  lines.count++;
  if (lines.samples.length < SAMPLES) lines.samples.push(text.trim().slice(0, SAMPLE_LENGTH));
}

function firstSight(snapshot: ServiceSnapshot, atMs: number): WatchedService {
  const watched: WatchedService = {
    name: snapshot.name,
    last: snapshot,
    known: true,
    restarts: 0,
    replaced: 0,
    ran: snapshot.state === "up",
    pid: snapshot.pid,
    countedSincePid: 0,
    loops: new Set(snapshot.loop === null ? [] : [snapshot.loop.openedMs]),
    spells: new Map(),
    calls: [],
    slowestMs: null,
    written: 0,
    errorLike: { count: 0, samples: [] },
    refused: { count: 0, samples: [] },
  };
  noteSpell(watched, snapshot, atMs, true);
  return watched;
}

function lookAgain(watched: WatchedService, now: ServiceSnapshot, atMs: number): void {
  const before = watched.last;
  watched.known = true;
  // Less is no restart: somebody set the counter back.
  const counted = Math.max(0, now.restarts - before.restarts);
  watched.restarts += counted;
  watched.countedSincePid += counted;
  notePid(watched, now);
  watched.ran ||= now.state === "up";
  if (now.loop !== null) watched.loops.add(now.loop.openedMs);
  const { endpoint } = now;
  const isNew = endpoint !== null && endpoint.lastMs !== before.endpoint?.lastMs;
  if (isNew && endpoint.lastMs !== null) watched.slowestMs = Math.max(watched.slowestMs ?? 0, endpoint.lastMs);
  noteSpell(watched, now, atMs, false);
  watched.last = now;
}

function notePid(watched: WatchedService, now: ServiceSnapshot): void {
  // A pause, an end as it should be and waiting for another are told as what they are, not as a change of process.
  if (now.state === "paused" || now.state === "completed" || now.state === "waiting") watched.pid = null;
  if (now.pid === null || now.pid === watched.pid) return;
  if (watched.pid !== null && watched.countedSincePid === 0) watched.replaced++;
  watched.pid = now.pid;
  watched.countedSincePid = 0;
}

/** What is not well. Starting is on its way; waiting is, too, for what never ran before. */
function isBad({ verdict }: ServiceSnapshot, ranBefore: boolean): boolean {
  if (verdict === "waiting") return ranBefore;
  return verdict === "degraded" || verdict === "unhealthy" || verdict === "down" || verdict === "paused";
}

function noteSpell(watched: WatchedService, now: ServiceSnapshot, atMs: number, fromTheBeginning: boolean): void {
  const { verdict, reasonCode, reason } = now;
  const key = `${verdict}/${reasonCode}`;
  const bad = isBad(now, watched.ran);
  for (const [other, spell] of watched.spells) {
    if (spell.sinceMs === null || (bad && other === key)) continue;
    spell.lastedMs += Math.max(0, atMs - spell.sinceMs);
    spell.sinceMs = null;
  }
  if (!bad) return;
  const spell = watched.spells.get(key);
  if (spell === undefined) {
    watched.spells.set(key, {
      ...{ verdict, reasonCode, reason, fromTheBeginning },
      times: 1,
      lastedMs: 0,
      sinceMs: atMs,
    });
    return;
  }
  spell.reason = reason;
  if (spell.sinceMs !== null) return;
  spell.times++;
  spell.sinceMs = atMs;
}
