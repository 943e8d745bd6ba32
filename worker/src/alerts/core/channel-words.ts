import { durationWords } from "@afloat/shared/core/duration";
import { momentWords } from "@afloat/shared/core/moment";
import type { Message } from "./alert-types.ts";
import type { Turn } from "./lane.ts";

/** A channel that does not hear, as others are told of it. */
export interface ChannelTrouble {
  channel: { id: string; name: string };
  turn: Turn;
  /** Since when it does not hear. */
  sinceMs: number;
  /** What it answered last. */
  answer: string | null;
  /** Messages that wait for it. */
  waiting: number;
}

/** What other channels (`channelIds`) are told of one that does not hear, refuses, or hears again. */
export function channelMessageOf(trouble: ChannelTrouble, channelIds: string[], nowMs: number): Message {
  const { channel, turn, sinceMs } = trouble;
  const alertId = `channel-${channel.id}-${sinceMs}`;
  const isBack = turn === "back";
  const phase = isBack ? "closed" : "opened";
  return {
    ...{ id: `${alertId}.${phase}`, alertId, phase, severity: "error", isQuiet: isBack, atMs: nowMs, channelIds },
    ...{ title: titleOf(trouble), lines: linesOf(trouble, nowMs), lastLines: [], next: isBack ? [] : [NEXT[turn]] },
    actions: [{ kind: "open", label: "Open", path: `/app/channels/${channel.id}` }],
    ...{ incidents: [], more: 0 },
  };
}

const NEXT = {
  dead: "It is tried again each minute, and told all that waits once it hears, in order. What waits for three days is given up.",
  refusing: "It is told what comes, but what it refused is not sent again: look at its settings.",
};

function titleOf({ channel, turn, waiting }: ChannelTrouble): string {
  switch (turn) {
    case "dead":
      return `The channel ${channel.name} does not hear: ${waitingWords(waiting)}`;
    case "refusing":
      return `The channel ${channel.name} refuses what it is told`;
    case "back":
      return `Over: the channel ${channel.name} hears again`;
  }
}

function linesOf({ turn, sinceMs, answer }: ChannelTrouble, nowMs: number): string[] {
  const span = durationWords(nowMs - sinceMs);
  if (turn === "back") return [`It did not hear for ${span}. What waited for it is told now, in order.`];
  const said = answer === null || answer === "" ? "It does not answer." : `Its last answer: ${answer}`;
  return [`Since ${momentWords(sinceMs, nowMs)} UTC, for ${span}.`, said];
}

function waitingWords(count: number): string {
  return count === 1 ? "1 message waits for it" : `${count} messages wait for it`;
}
