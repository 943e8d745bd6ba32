import { EVENTS_LIMIT } from "@afloat/shared/wire";
import { type Connection, hear, introduceAnew, sayHelloAgain } from "./conversation.ts";
import { type Ended, refusalOf, ruleOf } from "./faults.ts";
import { isTold, noteAttempt, noteEnd } from "./history.ts";
import type { LinkEvent, LinkState, LinkStep, Moment, Phase, Turn, Via } from "./link-types.ts";
import { room } from "./outbox.ts";
import * as pace from "./pace.ts";

const NO_FAILURES = {
  ...{ failures: 0, socketFailures: 0, socketWhy: null, httpWorks: false, trials: 0 },
  ...{ lastRefusal: null, lastFault: null, lastError: null },
};

/** A link that was never opened. */
export function initialLink(why: string): LinkState {
  return {
    phase: { kind: "off", refused: false, why },
    recorded: 0,
    recordedMs: null,
    told: 0,
    ...NO_FAILURES,
    lastVia: "socket",
    history: [],
    place: 0,
    leaveByMs: null,
  };
}

/** One turn of the link: what happened, to the next state and the effects to carry out in order. Pure. */
export function step(state: LinkState, event: LinkEvent, moment: Moment): LinkStep {
  const turn: Turn = { state: { ...state }, effects: [], moment };
  handle(turn, event);
  if (turn.state.leaveByMs !== null) leave(turn);
  return { state: turn.state, effects: turn.effects };
}

/** When the machine next wants a `due`, or null. */
export function dueMs({ phase, leaveByMs }: LinkState): number | null {
  const due: (number | null)[] = [leaveByMs];
  if (phase.kind === "waiting") due.push(phase.untilMs);
  if (phase.kind === "dialing" || phase.kind === "greeting") due.push(phase.sinceMs + pace.GREETING_WITHIN_MS);
  if (phase.kind === "connected") due.push(phase.beatMs, phase.pongMs, phase.flushMs, phase.socketAgainMs);
  const known = due.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function handle(turn: Turn, event: LinkEvent): void {
  const { phase } = turn.state;
  switch (event.kind) {
    case "enrolled":
      return begin(turn, event.place ?? 0);
    case "remembered":
      turn.state.history = event.history;
      return;
    case "not-enrolled":
      return off(turn, event);
    case "opened":
      if (phase.kind === "dialing") greet(turn, phase.via);
      return;
    case "pong":
      if (phase.kind === "connected") turn.state.phase = { ...phase, pongMs: null };
      return;
    case "heard":
      return follow(turn, hear(turn, event.message));
    case "garbage":
      return follow(turn, { kind: "ended", how: { kind: "lost", why: `the cloud sent ${event.what}` } });
    case "sent":
      turn.state.told = Math.max(turn.state.told, event.upTo);
      if (phase.kind !== "connected") return;
      turn.state.phase = { ...phase, outbox: { ...phase.outbox, sent: Math.max(phase.outbox.sent, event.upTo) } };
      return flush(turn);
    case "gap":
      return follow(turn, sayHelloAgain(turn));
    case "ended":
      return ended(turn, event.how);
    case "edited":
      return introduceAnew(turn);
    case "appended":
      return event.storm ? soon(turn, pace.STORM_MS, true) : soon(turn, pace.GATHER_MS);
    case "due":
      return look(turn);
    case "leave":
      return beginLeaving(turn, event.planned);
  }
}

/** What a message came to: the connection goes on, with something to send perhaps, or it is over. */
function follow(turn: Turn, connection: Connection): void {
  if (connection.kind === "flush") return soon(turn, 0);
  if (connection.kind !== "ended") return;
  if (isOpen(turn.state)) turn.effects.push({ kind: "hang-up" });
  ended(turn, connection.how);
}

function begin(turn: Turn, place: number): void {
  if (isOpen(turn.state)) turn.effects.push({ kind: "hang-up" });
  Object.assign(turn.state, NO_FAILURES, { place });
  dial(turn, "socket");
}

function off(turn: Turn, { refused, why }: { refused: boolean; why: string }): void {
  if (isOpen(turn.state)) turn.effects.push({ kind: "hang-up" });
  turn.state.phase = { kind: "off", refused, why };
}

function dial(turn: Turn, via: Via): void {
  turn.state.phase = { kind: "dialing", via, sinceMs: turn.moment.nowMs };
  turn.state.lastVia = via;
  turn.effects.push({ kind: "dial", via });
}

function greet(turn: Turn, via: Via): void {
  turn.state.phase = { kind: "greeting", via, sinceMs: turn.moment.nowMs, renewed: false, welcomedMs: null };
  turn.effects.push({ kind: "hello" });
}

/** The one timer rang: whatever is due by now. */
function look(turn: Turn): void {
  const { phase } = turn.state;
  const { nowMs } = turn.moment;
  const isDue = (ms: number | null) => ms !== null && nowMs >= ms;
  if (phase.kind === "waiting" && isDue(phase.untilMs)) return dial(turn, pace.nextVia(turn.state));
  if (phase.kind === "dialing" || phase.kind === "greeting") {
    if (!isDue(phase.sinceMs + pace.GREETING_WITHIN_MS)) return;
    const what = phase.kind === "dialing" ? "connection" : "answer to hello";
    const why = `no ${what} within ${pace.GREETING_WITHIN_MS / 1000} s`;
    return follow(turn, { kind: "ended", how: { kind: "lost", why } });
  }
  if (phase.kind !== "connected") return;
  if (isDue(phase.pongMs)) {
    const why = `no answer to a heartbeat within ${pace.PONG_WITHIN_MS / 1000} s`;
    return follow(turn, { kind: "ended", how: { kind: "lost", why } });
  }
  if (isDue(phase.socketAgainMs)) {
    turn.effects.push({ kind: "hang-up" });
    return dial(turn, "socket");
  }
  if (isDue(phase.beatMs)) beat(turn);
  if (isDue(phase.flushMs)) flush(turn);
}

function beat(turn: Turn): void {
  const { phase } = turn.state;
  if (phase.kind !== "connected") return;
  const { nowMs } = turn.moment;
  // Over HTTP each POST has an answer, and a deadline, of its own.
  const pongMs = phase.via === "http" ? null : (phase.pongMs ?? nowMs + pace.PONG_WITHIN_MS);
  const beatMs = pace.nextBeatMs(nowMs, phase.heartbeatMs, turn.state.place);
  turn.state.phase = { ...phase, beatMs, pongMs };
  turn.effects.push({ kind: "beat" });
}

/** Waiting events are sent in `ms`; what comes meanwhile goes with them. */
function soon(turn: Turn, ms: number, calm = false): void {
  const { phase } = turn.state;
  if (phase.kind !== "connected" || (phase.flushMs !== null && (calm || !phase.calm))) return;
  if (room(phase.outbox, turn.moment.lastSeq) === 0) return;
  turn.state.phase = { ...phase, flushMs: turn.moment.nowMs + ms, calm };
}

/** One message of events, if there is room; `sent` comes back and asks for the next. */
function flush(turn: Turn): void {
  const { phase } = turn.state;
  if (phase.kind !== "connected") return;
  const limit = room(phase.outbox, turn.moment.lastSeq, Math.min(phase.limit, EVENTS_LIMIT));
  turn.state.phase = { ...phase, flushMs: null, calm: false };
  if (limit > 0) turn.effects.push({ kind: "send", after: phase.outbox.sent, limit, omits: phase.omits });
}

function ended(turn: Turn, how: Ended): void {
  const { state, moment, effects } = turn;
  const { phase } = state;
  if (phase.kind === "off" || phase.kind === "waiting") return;
  const welcomedMs = welcomedAt(phase);
  const isStable = welcomedMs !== null && moment.nowMs - welcomedMs >= pace.STABLE_AFTER_MS;
  const refused = refusalOf(how.kind);
  if (phase.via === "socket") socketEnded(turn, how, isStable);
  state.failures = isStable ? 1 : state.failures + 1;
  if (!isTold(state.history, how.kind, how.why))
    effects.push({ kind: "say", text: `no link to the cloud: ${how.why}` });
  const before = welcomedMs === null ? state.history : noteEnd(state.history, moment.nowMs);
  state.history = noteAttempt(before, { outcome: how.kind, via: phase.via, why: how.why }, moment.nowMs);
  state.lastError = how.why;
  state.lastFault = how.kind;
  if (phase.via === "socket" && state.httpWorks && ruleOf(how.kind).mayBeSocketOnly) {
    // HTTP works: no reason to wait.
    state.trials += 1;
    return dial(turn, "http");
  }
  const isAgain = refused !== null && state.lastRefusal === refused;
  const delayMs = pace.retryDelayMs(how, state.failures, isAgain, moment.random);
  state.lastRefusal = refused ?? state.lastRefusal;
  state.phase = { kind: "waiting", untilMs: moment.nowMs + delayMs, refused };
}

/** Welcomed or not, a socket that did not last may be cut by something on the way, which lets HTTP pass. */
function socketEnded({ state }: Turn, how: Ended, isStable: boolean): void {
  if (isStable) Object.assign(state, { socketFailures: 0, socketWhy: null, httpWorks: false, trials: 0 });
  else if (ruleOf(how.kind).mayBeSocketOnly) {
    state.socketFailures += 1;
    state.socketWhy = how.why;
  }
}

function welcomedAt(phase: Phase): number | null {
  if (phase.kind === "connected") return phase.sinceMs;
  return phase.kind === "greeting" ? phase.welcomedMs : null;
}

function beginLeaving(turn: Turn, planned: boolean): void {
  const { state, moment } = turn;
  if (!planned || state.phase.kind !== "connected") return left(turn);
  state.leaveByMs = moment.nowMs + pace.LEAVE_MS;
  flush(turn);
}

/** The last events, then goodbye, then silence; not for long. */
function leave(turn: Turn): void {
  const { state, moment, effects } = turn;
  const { phase, leaveByMs } = state;
  if (phase.kind !== "connected") return left(turn);
  if (phase.outbox.held < moment.lastSeq && leaveByMs !== null && moment.nowMs < leaveByMs) return;
  effects.push({ kind: "bye", message: { type: "bye", planned: true } });
  left(turn);
}

function left(turn: Turn): void {
  if (turn.state.phase.kind === "connected") turn.state.history = noteEnd(turn.state.history, turn.moment.nowMs);
  turn.state.leaveByMs = null;
  turn.state.phase = { kind: "off", refused: false, why: "the agent is leaving" };
  turn.effects.push({ kind: "left" });
}

function isOpen({ phase }: LinkState): boolean {
  return phase.kind === "dialing" || phase.kind === "greeting" || phase.kind === "connected";
}
