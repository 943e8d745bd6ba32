import { agreeOn } from "@afloat/shared/core/protocol-version";
import { type CloudMessage, EVENTS_LIMIT, PROTOCOL } from "@afloat/shared/wire";
import { REVOKED } from "./decide-fault.ts";
import type { Ended } from "./faults.ts";
import { noteAttempt } from "./history.ts";
import type { Connected, LinkState, Phase, Turn } from "./link-types.ts";
import { afterAck, afterWelcome } from "./outbox.ts";
import * as pace from "./pace.ts";

/** What a message did to the connection. */
export type Connection = { kind: "goes-on" } | { kind: "flush" } | { kind: "ended"; how: Ended };

const GOES_ON: Connection = { kind: "goes-on" };
const FLUSH: Connection = { kind: "flush" };

/** What the cloud says, and what follows from it. A message in a phase where it means nothing changes nothing. */
export function hear(turn: Turn, message: CloudMessage): Connection {
  const { phase } = turn.state;
  // Whatever comes is a sign of life.
  if (phase.kind === "connected") turn.state.phase = { ...phase, pongMs: null };
  switch (message.type) {
    case "welcome":
      return welcome(turn, message);
    case "ack":
      return acknowledge(turn, message);
    case "error":
      return takeError(turn, message);
    case "stream":
      if (phase.kind === "connected") turn.effects.push({ kind: "stream", everyMs: pace.streamOf(message.everyMs) });
      return GOES_ON;
    case "sampled":
      turn.effects.push({ kind: "sampled", hourMs: message.hourMs });
      return GOES_ON;
    case "command":
    case "grant":
    case "deny":
      if (phase.kind === "connected") turn.effects.push({ kind: "command", message });
      return GOES_ON;
  }
}

/** Hello once more on the same connection: the cloud asks for it, or the journal lost its oldest events. */
export function sayHelloAgain(turn: Turn): Connection {
  const { phase } = turn.state;
  if (phase.kind !== "connected") return GOES_ON;
  if (turn.moment.nowMs - phase.helloMs < pace.HELLO_AGAIN_MS) return lost("the cloud asks for hello again and again");
  return greetAgain(turn, phase, false);
}

/** Hello is said once more, where it was said already: the host is not as it said. */
export function introduceAnew(turn: Turn): void {
  const { phase } = turn.state;
  if (phase.kind === "connected") greetAgain(turn, phase, false);
  else if (phase.kind === "greeting") turn.effects.push({ kind: "hello" });
}

function welcome(turn: Turn, message: Extract<CloudMessage, { type: "welcome" }>): Connection {
  const { state, effects, moment } = turn;
  const { phase } = state;
  if (phase.kind !== "greeting") return GOES_ON;
  const agreement = agreeOn(PROTOCOL, message.protocol);
  if (agreement.kind === "too-far")
    return { kind: "ended", how: { kind: "too-old", why: tooFarWords(message.protocol) } };
  if (Math.max(message.held, message.recorded) > Math.max(moment.beganSeq, state.told)) {
    // After a power failure the disk may have lost what the cloud has. New events must not come under numbers it knows, whether
    // or not this run has written as many by now.
    if (phase.renewed) return lost("the cloud claims to hold events that a new journal never had");
    effects.push({ kind: "say", text: "the cloud holds more of the journal than this disk: a new journal is begun" });
    effects.push({ kind: "renew-journal" });
    state.told = 0;
    return greetAgain(turn, phase, true);
  }
  const heartbeatMs = pace.heartbeatOf(message.heartbeatMs);
  const { nowMs } = moment;
  state.phase = {
    kind: "connected",
    via: phase.via,
    ...{ sinceMs: phase.welcomedMs ?? nowMs, helloMs: phase.sinceMs },
    outbox: afterWelcome(message),
    ...{ omits: message.omits === true, limit: EVENTS_LIMIT },
    ...{ heartbeatMs, beatMs: pace.nextBeatMs(nowMs, heartbeatMs, state.place), pongMs: null },
    ...{ flushMs: null, calm: false },
    socketAgainMs: phase.via === "http" ? nowMs + pace.socketAgainDelayMs(state.trials) : null,
  };
  welcomed(turn, phase);
  forget(turn, message.recorded);
  if (message.samples === true) effects.push({ kind: "samples" });
  return FLUSH;
}

function tooFarWords(theirs: number): string {
  const mend =
    theirs < PROTOCOL
      ? "update the cloud, or install the agent that it offers under Add a host"
      : "update this agent: run the line that the cloud offers under Add a host";
  return `the cloud speaks protocol ${theirs}, and this agent ${PROTOCOL}, which is more than one apart: ${mend}`;
}

/** Said once for each connection, however often hello is said on it. */
function welcomed({ state, effects, moment }: Turn, { via, welcomedMs }: Extract<Phase, { kind: "greeting" }>): void {
  Object.assign(state, { lastError: null, lastFault: null, lastRefusal: null });
  if (via === "http") state.httpWorks = true;
  if (welcomedMs !== null) return;
  state.history = noteAttempt(state.history, { outcome: "connected", via, why: "" }, moment.nowMs);
  effects.push({ kind: "say", text: via === "http" ? byHttp(state) : "connected to the cloud" });
}

const byHttp = ({ socketWhy }: LinkState) =>
  `connected to the cloud by HTTP${socketWhy === null ? "" : `, since by socket: ${socketWhy}`}`;

function acknowledge(turn: Turn, message: Extract<CloudMessage, { type: "ack" }>): Connection {
  const { phase } = turn.state;
  // An acknowledgement of what was never written is none.
  if (phase.kind !== "connected" || Math.max(message.held, message.recorded) > turn.moment.lastSeq) return GOES_ON;
  const outbox = afterAck(phase.outbox, message);
  const limit = outbox.held > phase.outbox.held ? Math.min(EVENTS_LIMIT, phase.limit * 2) : phase.limit;
  turn.state.phase = { ...phase, pongMs: null, outbox, limit };
  forget(turn, message.recorded);
  return FLUSH;
}

function forget(turn: Turn, recorded: number): void {
  turn.state.recorded = recorded;
  turn.state.recordedMs = turn.moment.nowMs;
  turn.effects.push({ kind: "forget", upTo: recorded });
}

function takeError(turn: Turn, { code, text, afterMs }: Extract<CloudMessage, { type: "error" }>): Connection {
  const { phase } = turn.state;
  switch (code) {
    case "unauthorized":
      return {
        kind: "ended",
        how: { kind: "revoked", why: REVOKED },
      };
    case "in-use-elsewhere":
      return { kind: "ended", how: { kind: "in-use-elsewhere", why: text } };
    case "too-old":
      return { kind: "ended", how: { kind: "too-old", why: text } };
    case "hello-first":
      return sayHelloAgain(turn);
    case "busy":
      if (phase.kind === "connected") sendAgain(turn, phase, pace.busyOf(afterMs, turn.moment.random));
      return GOES_ON;
    case "too-large":
    case "bad-message":
      // Hello itself was not understood: nothing can come of this connection.
      if (phase.kind === "greeting") return lost(`the cloud refused hello: ${text}`);
      if (phase.kind === "connected") sendSmaller(turn, phase, text);
      return GOES_ON;
    case "unknown-message":
      turn.effects.push({ kind: "say", text: `the cloud did not know a message: ${text}` });
      return GOES_ON;
  }
}

/** The refused events come again in smaller messages, and when these are as small as can be, once a minute. */
function sendSmaller(turn: Turn, phase: Connected, text: string): void {
  // Several messages on the way are refused one by one, for the same reason.
  if (phase.outbox.sent === phase.outbox.held) return;
  turn.effects.push({ kind: "say", text: `the cloud refused a message: ${text}` });
  const limit = Math.max(1, Math.floor(phase.limit / 2));
  sendAgain(turn, { ...phase, limit }, phase.limit > 1 ? 0 : pace.BUSY_MS);
}

/** What the cloud does not hold is sent again, in a while; new events wait with it. */
function sendAgain(turn: Turn, phase: Connected, inMs: number): void {
  const outbox = { held: phase.outbox.held, sent: phase.outbox.held };
  turn.state.phase = { ...phase, outbox, pongMs: null, flushMs: turn.moment.nowMs + inMs, calm: false };
}

function greetAgain(turn: Turn, phase: Connected | Extract<Phase, { kind: "greeting" }>, renewed: boolean): Connection {
  const welcomedMs = phase.kind === "connected" ? phase.sinceMs : phase.welcomedMs;
  turn.state.phase = { kind: "greeting", via: phase.via, sinceMs: turn.moment.nowMs, renewed, welcomedMs };
  turn.effects.push({ kind: "hello" });
  return GOES_ON;
}

const lost = (why: string): Connection => ({ kind: "ended", how: { kind: "lost", why } });
