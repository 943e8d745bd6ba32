import { durationWords } from "@afloat/shared/core/duration";
import type { AlertChannel, Message } from "./alert-types.ts";
import type { Turn } from "./lane.ts";

/** What is told of a channel. `gone`: it was switched off, or removed. */
export type ChannelNews = Turn | "gone";

interface About {
  channelId: string;
  name: string;
  /** Those that are on. */
  channels: readonly AlertChannel[];
  lastAnswer: string | null;
  failingSinceMs: number | null;
  /** Messages that wait for it. */
  waiting: number;
}

const PREFIX = "channel-";

/** The page of what a message is about, by the id of its alert: an incident, or a channel. */
export function pageOfAlert(alertId: string): string {
  return alertId.startsWith(PREFIX) ? `/app/channels/${alertId.slice(PREFIX.length)}` : `/app/incident/${alertId}`;
}

/** What people are told of a channel that does not hear, by the others; null where there is no other. */
export function channelMessage(turn: ChannelNews, about: About, nowMs: number): Message | null {
  const { channelId, name, channels, lastAnswer, failingSinceMs, waiting } = about;
  const channelIds = channels.flatMap(({ id }) => (id === channelId ? [] : id));
  const isOver = turn === "back" || turn === "gone";
  if (channelIds.length === 0) return null;
  const said = lastAnswer === null || lastAnswer === "" ? [] : [`It said: ${lastAnswer}`];
  const words = wordsOf(turn, name, nowMs - (failingSinceMs ?? nowMs), waiting);
  return {
    ...{ id: `${PREFIX}${channelId}.${turn}-${nowMs}`, alertId: `${PREFIX}${channelId}` },
    ...{ phase: isOver ? "closed" : "opened", severity: "error", isQuiet: isOver, atMs: nowMs },
    ...{ channelIds, title: words.title, lines: [...words.lines, ...(isOver ? [] : said)], lastLines: [] },
    next: turn === "dead" ? ["It is tried about once a minute, and hears all that waits once it hears anything."] : [],
    actions: [{ kind: "open", label: "Look at the channel", path: `/app/channels/${channelId}` }],
    ...{ incidents: [], more: 0 },
  };
}

function wordsOf(turn: ChannelNews, name: string, forMs: number, waiting: number): { title: string; lines: string[] } {
  switch (turn) {
    case "dead":
      return {
        title: `The channel ${name} hears nothing: ${waitingWords(waiting)}`,
        lines: [`For ${durationWords(forMs)}, nothing that was sent to it was heard.`],
      };
    case "refusing":
      return {
        title: `The channel ${name} refuses what is sent to it`,
        lines: [
          "What it refused is not sent again. Mend the channel; you can have the message sent once more by hand.",
        ],
      };
    case "back":
      return { title: `Over: the channel ${name} hears again`, lines: ["What waited for it is being sent."] };
    case "gone":
      return {
        title: `Over: the channel ${name} was switched off or removed`,
        lines: ["What waited for it is not sent."],
      };
  }
}

function waitingWords(waiting: number): string {
  return waiting === 1 ? "1 message waits" : `${waiting} messages wait`;
}
