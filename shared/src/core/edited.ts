import { stop, tryStart, type Turn, unknownDependencies } from "./turn.ts";
import { forgetEdited } from "./records.ts";
import { restarts } from "./restarts.ts";

/**
 * The service's definition changed. `anew` says why what runs has to be started anew, in words: it keeps what it was started with;
 * null where it can run on. A pause, a shutdown and what is needed but not there win over it, and it counts in no loop.
 */
export function handleEdited(turn: Turn, anew: string | null): void {
  // What was seen of other ports and another endpoint says nothing of these.
  if (forgetDefinitions(turn)) turn.state.observation = null;
  if (turn.state.desired.kind === "pause") return;
  if (anew !== null) {
    // It may need others than before: the next start waits until these are looked at.
    turn.state.unmet = unknownDependencies(turn.spec);
    startAnew(turn, anew);
  }
  // By the policy that holds from now on it would not have been left to rest.
  if (turn.state.life.kind === "completed" && restarts(turn.state.life.exit, turn.spec.restart, turn.spec.successCodes))
    tryStart(turn);
}

/** What a check had earned under another definition is forgotten, and with it what was held against restarts. True where it was. */
export function forgetDefinitions(turn: Turn): boolean {
  const edited = forgetEdited(turn.state, turn.spec);
  if (edited) turn.state.breaker = { futile: 0, prescribedBy: null, passingSinceMs: null };
  return edited;
}

function startAnew(turn: Turn, why: string): void {
  const { state, spec } = turn;
  switch (state.life.kind) {
    case "up":
      // A job by the clock is not cut short, neither by its next turn nor by this.
      if (spec.schedule !== null && spec.restart === "never") {
        const text = `${spec.name}: still runs from its last turn; it goes on, and its next turn goes by the new settings`;
        turn.effects.push({ kind: "warn", text });
        return;
      }
      note(turn, why);
      return stop(turn, "planned");
    case "starting":
      if (state.life.stopWhy !== null) return;
      note(turn, why);
      state.life = { ...state.life, stopWhy: "planned" };
      return;
    case "backoff":
      // The change may be what cures it.
      note(turn, why);
      return tryStart(turn);
    case "completed":
      // What was done is not done once more for a new setting; what failed may succeed now.
      if (!restarts(state.life.exit, "on-failure", spec.successCodes)) return;
      note(turn, why);
      return tryStart(turn);
    case "stopping":
      // Whatever it is stopped for, the next start goes by the new definition. One for health need not wait any more.
      if (state.life.why === "health") state.life = { ...state.life, why: "planned" };
      return;
    case "waiting":
    case "paused":
    case "off":
      return;
  }
}

/** As a person's restart, it clears what held restarts back: the definition is another one. */
function note(turn: Turn, why: string): void {
  const { state, effects } = turn;
  state.backoff.attempt = 0;
  state.ownChanges = 0;
  state.breaker = { futile: 0, prescribedBy: null, passingSinceMs: null };
  state.restarts++;
  effects.push({ kind: "restart", planned: true, why, delayMs: 0 });
}
