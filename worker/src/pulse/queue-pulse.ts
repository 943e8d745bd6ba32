import type { Env, NoticeMessage } from "../env.ts";
import { leavePulse } from "./pulses.ts";

/**
 * Sends a message the way that notices go, to see how late they come. It looks like an attempt that nobody asked for: a Worker of before, which may
 * get it while a deploy goes on, drops it.
 */
export async function sendQueuePulse(env: Env, nowMs: number): Promise<null> {
  await env.NOTICES.send({ organizationId: "", noticeId: "", channelId: "", attempt: 1, pulseMs: nowMs });
  return null;
}

/** Takes those out of a batch, leaves word of the newest, and answers the rest. What cannot be written down comes again in two minutes. */
export async function takePulses(
  { messages }: MessageBatch<NoticeMessage>,
  env: Env,
): Promise<readonly Message<NoticeMessage>[]> {
  const pulses = messages.filter(({ body }) => body.pulseMs !== undefined);
  if (pulses.length === 0) return messages;
  const sentMs = Math.max(...pulses.map(({ body }) => body.pulseMs ?? 0));
  const atMs = Date.now();
  try {
    await leavePulse(env.DB, "queue", { atMs, lagMs: Math.max(0, atMs - sentMs) });
  } catch (error) {
    console.warn("how late the queue is could not be written down", error);
  }
  for (const pulse of pulses) pulse.ack();
  return messages.filter(({ body }) => body.pulseMs === undefined);
}
