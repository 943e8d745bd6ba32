import { agreeOn } from "@afloat/shared/core/protocol-version";
import {
  type AgentMessage,
  agentMessage,
  EVENTS_LIMIT,
  FRAME_LIMIT_BYTES,
  journalEvent,
  PROTOCOL,
} from "@afloat/shared/wire";
import * as v from "valibot";
import { error, type Reply, tooFarApart } from "./reply.ts";

/** An event of a host's journal that this cloud cannot read. Its place in the journal is known, so it holds up no other. */
export interface Unreadable {
  seq: number;
  kind: "unreadable";
  why: string;
  /** As it came. */
  doc: string;
}

/** A message as the Fleet hears it: every event in its place, whether it can be read or not. */
export type Heard =
  | Exclude<AgentMessage, { type: "events" }>
  | { type: "events"; events: (Extract<AgentMessage, { type: "events" }>["events"][number] | Unreadable)[] };

export type Frame = { kind: "message"; message: Heard } | { kind: "refused"; reply: Reply };

/** Reads what came over a socket: one JSON message a frame, or the words to refuse it with. Its size is looked at first. */
export function readFrame(raw: string | ArrayBuffer): Frame {
  if (typeof raw !== "string") return refused("bad-message", "expected text frames with JSON, got a binary frame");
  // A character is three bytes at most: of most frames nobody has to count them.
  const isSmall = raw.length * 3 <= FRAME_LIMIT_BYTES;
  const bytes = isSmall || raw.length > FRAME_LIMIT_BYTES ? raw.length : new TextEncoder().encode(raw).byteLength;
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
  const told = v.safeParse(toldEvents, json);
  if (told.success) return readEvents(told.output.events);
  const parsed = v.safeParse(agentMessage, json, { abortEarly: true });
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
  return refused("bad-message", wordsOf(issue, path));
}

const toldEvents = v.object({ type: v.literal("events"), events: v.array(v.unknown()) });
const numbered = v.object({ seq: v.pipe(v.number(), v.safeInteger(), v.minValue(1)) });

/** One by one, and no more of them than may be: what is wrong with one is not wrong with the others. */
function readEvents(told: readonly unknown[]): Frame {
  if (told.length === 0 || told.length > EVENTS_LIMIT) {
    return refused("bad-message", `expected 1 to ${EVENTS_LIMIT} events in a message, got ${told.length}`);
  }
  const events: Extract<Heard, { type: "events" }>["events"] = [];
  for (const each of told) {
    const parsed = v.safeParse(journalEvent, each, { abortEarly: true });
    if (parsed.success) {
      events.push(parsed.output);
      continue;
    }
    const [issue] = parsed.issues;
    const why = wordsOf(issue, v.getDotPath(issue));
    const place = v.safeParse(numbered, each);
    if (!place.success) return refused("bad-message", `${why}, in an event without a number`);
    events.push({ kind: "unreadable", seq: place.output.seq, why, doc: JSON.stringify(each) });
  }
  return { kind: "message", message: { type: "events", events } };
}

function wordsOf(issue: v.BaseIssue<unknown>, path: string | null): string {
  return `expected ${issue.expected ?? "something else"}, got ${issue.received} at ${path ?? "the top"}`;
}

/** Whatever else a hello of a far version says, this can be read, and answered with what to do. */
const helloOfAnyVersion = v.object({ type: v.literal("hello"), protocol: v.number() });

function refused(code: Parameters<typeof error>[0], text: string): Frame {
  return { kind: "refused", reply: error(code, text.slice(0, 500)) };
}
