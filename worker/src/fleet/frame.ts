import { agreeOn } from "@afloat/shared/core/protocol-version";
import { type AgentMessage, agentMessage, FRAME_LIMIT_BYTES, PROTOCOL } from "@afloat/shared/wire";
import * as v from "valibot";
import { error, type Reply, tooFarApart } from "./reply.ts";

export type Frame = { kind: "message"; message: AgentMessage } | { kind: "refused"; reply: Reply };

/** Reads what came over a socket: one JSON message a frame, or the words to refuse it with. */
export function readFrame(raw: string | ArrayBuffer): Frame {
  if (typeof raw !== "string") return refused("bad-message", "expected text frames with JSON, got a binary frame");
  const bytes = raw.length > FRAME_LIMIT_BYTES ? raw.length : new TextEncoder().encode(raw).byteLength;
  if (bytes > FRAME_LIMIT_BYTES) {
    return refused(
      "too-large",
      `expected at most ${FRAME_LIMIT_BYTES} bytes in a frame, got ${bytes}: send fewer events`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return refused("bad-message", "expected JSON");
  }
  return readMessage(json);
}

/** Reads one message, however it came. */
export function readMessage(json: unknown): Frame {
  const parsed = v.safeParse(agentMessage, json);
  if (parsed.success) return { kind: "message", message: parsed.output };
  const stranger = v.safeParse(helloOfAnyVersion, json);
  if (stranger.success) {
    const agreement = agreeOn(PROTOCOL, stranger.output.protocol);
    if (agreement.kind === "too-far")
      return { kind: "refused", reply: tooFarApart(stranger.output.protocol, agreement.older) };
  }
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  if (path === "type") return refused("unknown-message", `expected a message this cloud knows, got ${issue.received}`);
  return refused(
    "bad-message",
    `expected ${issue.expected ?? "something else"}, got ${issue.received} at ${path ?? "the top"}`,
  );
}

/** Whatever else a hello of a far version says, this can be read, and answered with what to do. */
const helloOfAnyVersion = v.object({ type: v.literal("hello"), protocol: v.number() });

function refused(code: Parameters<typeof error>[0], text: string): Frame {
  return { kind: "refused", reply: error(code, text.slice(0, 500)) };
}
