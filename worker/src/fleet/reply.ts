import type { CloudMessage } from "@afloat/shared/wire";
import type { Speaker } from "./core/liveness.ts";

/** What an agent is answered to one message. */
export interface Reply {
  messages: CloudMessage[];
  /** Who speaks on this line from now on, where hello said so. */
  speaker?: Speaker;
  /** It can stream what its services use, where hello said so. */
  streams?: boolean;
  /** The line is cut after the messages. */
  hangUp?: { code: number; reason: string };
}

type ErrorCode = Extract<CloudMessage, { type: "error" }>["code"];

/** An answer that says what was wrong with what was said, and, where waiting helps, when to say it again. */
export function error(code: ErrorCode, text: string, afterMs?: number): Reply {
  return { messages: [{ type: "error", code, text, ...(afterMs === undefined ? {} : { afterMs }) }] };
}
