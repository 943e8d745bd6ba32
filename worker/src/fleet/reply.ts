import { type CloudMessage, PROTOCOL } from "@afloat/shared/wire";
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

/** The agent is too old or too new for us: says who has to be updated, and how. */
export function tooFarApart(protocol: number, older: "ours" | "theirs"): Reply {
  const mend =
    older === "theirs"
      ? "update the agent: run the line of Add a host on the dashboard once more"
      : "this cloud is the older one: update it, or run the agent that it offers itself under Add a host";
  return error("too-old", `expected protocol ${PROTOCOL} or its neighbour, got ${protocol}: ${mend}`);
}
