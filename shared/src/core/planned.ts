import { durationWords } from "./duration.ts";
import { stop, tryStart, type Turn } from "./turn.ts";

/** A file that changes so soon after a start was most likely changed by the start itself, milliseconds. */
const OWN_CHANGE_MS = 3000;
/** So many of these in a row, and files are followed no more: a build that writes into a watched folder never comes to rest. */
export const OWN_CHANGES_LIMIT = 5;

/**
 * A restart that the configuration plans: by the clock, or because a file changed. It counts in no loop and clears nothing; a
 * pause, a shutdown and what is needed but not there win over it.
 */
export function handlePlanned(turn: Turn, by: "schedule" | "change", why: string): void {
  const { state, spec } = turn;
  if (state.desired.kind === "pause") return;
  switch (state.life.kind) {
    case "up":
      // A job by the clock is not cut short by its next turn.
      if (by === "schedule" && spec.restart === "never") return tell(turn, "still runs from its last turn; it goes on");
      if (by === "change" && !follows(turn, turn.nowMs - state.life.sinceMs)) return;
      note(turn, why);
      return stop(turn, "planned");
    case "completed":
      note(turn, why);
      return tryStart(turn);
    case "backoff":
      // The change may be what cures it; the clock cures nothing.
      if (by === "schedule") return;
      note(turn, why);
      return tryStart(turn);
    case "starting":
      // What changed while its pid is not known yet may have been read already, or not.
      if (by === "schedule" || state.life.stopWhy !== null) return;
      note(turn, why);
      state.life = { ...state.life, stopWhy: "planned" };
      return;
    case "waiting":
    case "stopping":
    case "paused":
    case "off":
      return;
  }
}

/** False where the service seems to write into the folder that is watched for it. */
function follows(turn: Turn, upMs: number): boolean {
  const { state } = turn;
  if (state.ownChanges >= OWN_CHANGES_LIMIT) return false;
  state.ownChanges = upMs < OWN_CHANGE_MS ? state.ownChanges + 1 : 0;
  if (state.ownChanges < OWN_CHANGES_LIMIT) return true;
  const soon = durationWords(OWN_CHANGE_MS);
  tell(
    turn,
    `files changed within ${soon} of ${OWN_CHANGES_LIMIT} starts in a row, so it seems to write them itself; they are followed no more until it is restarted by hand. Name them under restart_on_change: ignore`,
  );
  return false;
}

function note(turn: Turn, why: string): void {
  turn.state.restarts++;
  turn.effects.push({ kind: "restart", planned: true, why, delayMs: 0 });
}

const tell = (turn: Turn, what: string) => void turn.effects.push({ kind: "warn", text: `${turn.spec.name}: ${what}` });
