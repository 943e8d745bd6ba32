import { type AgentMessage, cloudAnswer } from "@afloat/shared/wire";
import * as v from "valibot";
import { postJson } from "./post.ts";
import type { Ear, Transport } from "./transport.ts";

/** What waits for so long goes together, milliseconds. */
const GATHER_MS = 30;
const MESSAGES_IN_ONE = 50;

/** The same messages by HTTP POST, one at a time, for hosts where WebSockets cannot pass. Commands come in the answers. */
export function openHttp(cloud: string, credential: string, beat: () => AgentMessage, ear: Ear): Transport {
  const url = `${cloud.replace(/\/$/, "")}/agent/messages`;
  const waiting: AgentMessage[] = [];
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let over = false;
  const end = (kind: "revoked" | "lost", why: string) => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    ear.ended({ kind, why });
  };
  const post = async () => {
    busy = true;
    try {
      const answer = await postJson(url, credential, { messages: waiting.splice(0, MESSAGES_IN_ONE) });
      if (answer.status === 401) return end("revoked", "the credential is not in force any more");
      const parsed = answer.status === 200 ? v.safeParse(cloudAnswer, JSON.parse(answer.body)) : null;
      if (parsed === null || !parsed.success) return end("lost", `the cloud answered ${answer.status}`);
      for (const message of parsed.output.messages) ear.heard(JSON.stringify(message));
    } catch (error) {
      return end("lost", error instanceof Error ? error.message : String(error));
    } finally {
      busy = false;
    }
    if (waiting.length > 0) soon();
  };
  const soon = () => {
    if (busy || over) return;
    clearTimeout(timer);
    timer = setTimeout(() => void post(), GATHER_MS);
  };
  queueMicrotask(() => ear.opened());
  return {
    via: "http",
    send: (message) => {
      waiting.push(message);
      soon();
    },
    beat: () => {
      if (waiting.length === 0) waiting.push(beat());
      soon();
    },
    close: () => {
      over = true;
      clearTimeout(timer);
    },
  };
}
