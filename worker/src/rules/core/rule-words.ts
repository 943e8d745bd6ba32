import { durationWords } from "@afloat/shared/core/duration";
import type { AlertChannel, Rule } from "../../alerts/core/alert-types.ts";

/** `tells Slack #ops, after 15 min On call; said again every 4 h`: who is told by a rule, in order. */
export function stepWords({ tell, reminderMs }: Rule, channels: readonly AlertChannel[]): string {
  if (tell.steps.length === 0) return "tells nobody";
  const steps = tell.steps.map(({ afterMs, channelIds }) => {
    const after = afterMs === 0 ? "" : `after ${durationWords(afterMs)} `;
    return after + (channelIds === "all" ? "every channel" : namesOf(channelIds, channels));
  });
  return `tells ${steps.join(", ")}${reminderWords(reminderMs)}`;
}

function reminderWords(reminderMs: number | null | undefined): string {
  if (reminderMs === undefined) return "";
  return reminderMs === null ? "; never said again" : `; said again every ${durationWords(reminderMs)}`;
}

function namesOf(ids: readonly string[], channels: readonly AlertChannel[]): string {
  return ids.map((id) => nameOf(channels.find((channel) => channel.id === id))).join(" and ");
}

function nameOf(channel: AlertChannel | undefined): string {
  if (channel === undefined) return "a channel that is gone";
  return channel.isOff ? `${channel.name} (off)` : channel.name;
}
