import { durationWords } from "@afloat/shared/core/duration";
import { momentWords } from "@afloat/shared/core/moment";
import type { MessagePhase, WhySaid } from "./alert-types.ts";

/** Why somebody was told, or was not, as a sentence. `atMs`: when that was decided; `moment`: how a moment is written. */
export function whyWords(
  why: WhySaid,
  atMs: number,
  moment = (ms: number): string => `${momentWords(ms, atMs)} UTC`,
): string {
  const until = (ms: number) => `until ${moment(ms)}`;
  switch (why.what) {
    case "matched":
      return why.rule === null
        ? `No rule is about it, so the defaults hold: ${why.severity}.`
        : `The rule “${why.rule}” is about it: ${why.severity}.`;
    case "muted":
      return `Nobody is told: the rule “${why.rule}” tells nobody.`;
    case "no-channel":
      return "Nobody is told: there is no channel that is on.";
    case "confirming":
      return `It must stand ${until(why.untilMs)} before anybody is told.`;
    case "silenced":
      return `Nobody is told ${until(why.untilMs)}: ${why.byName} silenced it, “${why.reason}”.`;
    case "silence-over":
      return `It was held back ${why.because}. It stands still, and is told now.`;
    case "inhibited":
      return `Nobody is told of this one, since something else explains it: ${why.by}.`;
    case "inhibitor-over":
      return `It was held back ${why.because}. That is over, it stands still, and is told now.`;
    case "flapping":
      return `It came ${why.times} times within ${durationWords(why.withinMs)}: it is told once as one that goes and comes.`;
    case "flapping-quiet":
      return "It goes and comes, as was told already: nobody is told again before it has been one thing for 30 min.";
    case "flapping-over":
      return "It does not go and come any more, and stands: it is told now.";
    case "joined":
      return `It is told together with others of ${why.alert}.`;
    case "storm":
      return "Very many alerts began at once: it is told together with those of other hosts.";
    case "told":
      return `${TOLD[why.phase]}: ${namesOf(why.channels)}.`;
    case "told-end":
      return why.channels.length === 0
        ? "It is over. None of the channels that were told of it is there any more."
        : `It is over, and those who were told of it were told so: ${namesOf(why.channels)}.`;
    case "over-untold":
      return "It was over before anybody was to be told.";
    case "end-held":
      return `It is over. That is told after the silence “${why.reason}”, ${until(why.untilMs)}.`;
    case "channels-gone":
      return `The channels of the rule “${why.rule}” are gone or off: every other channel is told instead.`;
    case "acknowledged":
      return `${why.byName} acknowledged it: no more reminders, and no further step.`;
    case "reminder-held":
      return `That it still stands is not said again meanwhile: ${why.because}.`;
    case "last-reminder":
      return "That was the last reminder: it stands for long, and is not said again.";
    case "adopted":
      return `It was told by an earlier version: ${namesOf(why.channels)}.`;
    case "no-room":
      return "Nobody is told: more incidents are open than can be kept.";
  }
}

const TOLD: Record<MessagePhase, string> = {
  opened: "Told",
  noted: "Told once",
  updated: "Told in a follow-up",
  reminder: "Told again, since it stands still",
  escalated: "Nobody acknowledged it, so it went on to",
  acknowledged: "Told that somebody looks after it",
  closed: "Told that it is over",
  late: "Told once, as over already",
};

function namesOf(channels: readonly string[]): string {
  return channels.length === 0 ? "nobody" : channels.join(", ");
}
