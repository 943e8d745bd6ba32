import type { Person } from "./lifecycle-types.ts";
import { momentWords } from "./moment.ts";
import { stop, tryStart, type Turn } from "./turn.ts";

type Asked = "restart" | "pause" | "resume" | "recheck" | "reset";

/** What a person asks. Only here does the desired state change. */
export function handleAsked(turn: Turn, verb: Asked, by: Person): void {
  switch (verb) {
    case "pause":
      return pause(turn, by);
    case "resume":
      return resume(turn);
    case "restart":
      return restart(turn, by);
    case "recheck":
      turn.state.endpoint.crashes = 0;
      return;
    case "reset":
      // Only what is counted for people: windows and loops are the judge's.
      turn.state.restarts = 0;
      return;
  }
}

function pause(turn: Turn, by: Person): void {
  const { state } = turn;
  if (state.desired.kind === "run") state.desired = { kind: "pause", by, atMs: turn.nowMs };
  switch (state.life.kind) {
    case "up":
      return stop(turn, "pause");
    case "waiting":
    case "backoff":
    case "completed":
    case "off":
      state.life = { kind: "paused" };
      return;
    case "starting":
    case "stopping":
    case "paused":
      // Starting and stopping look at the desired state when they end.
      return;
  }
}

function resume(turn: Turn): void {
  const { state } = turn;
  state.desired = { kind: "run" };
  forgive(turn);
  switch (state.life.kind) {
    case "paused":
    case "backoff":
    case "completed":
    case "off":
      return tryStart(turn);
    case "stopping":
    case "starting":
    case "up":
    case "waiting":
      return;
  }
}

/** A restart is a stop and a start; it never touches the desired state. */
function restart(turn: Turn, by: Person): void {
  const { state, effects, nowMs } = turn;
  if (state.desired.kind === "pause") {
    const why = `paused by ${state.desired.by.name} at ${momentWords(state.desired.atMs, nowMs)}; resume it`;
    effects.push({ kind: "refused", verb: "restart", why });
    return;
  }
  if (state.life.kind === "stopping" && state.life.why === "shutdown") {
    effects.push({ kind: "refused", verb: "restart", why: "the agent is shutting down" });
    return;
  }
  forgive(turn);
  state.restarts++;
  effects.push({ kind: "restart", planned: true, why: `asked by ${by.name}`, delayMs: 0 });
  switch (state.life.kind) {
    case "up":
      return stop(turn, "person-restart");
    case "stopping":
      state.life = { ...state.life, why: "person-restart" };
      return;
    case "starting":
      return;
    case "waiting":
    case "backoff":
    case "completed":
    case "off":
    case "paused":
      return tryStart(turn);
  }
}

/** A person's word clears backoff and breaker, and lets files be followed again. */
function forgive(turn: Turn): void {
  turn.state.backoff.attempt = 0;
  turn.state.ownChanges = 0;
  turn.state.breaker = { futile: 0, prescribedBy: null, passingSinceMs: null };
}
