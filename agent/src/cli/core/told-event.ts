import { exitWords } from "@afloat/shared/core/answer-words";
import { durationWords } from "@afloat/shared/core/duration";
import { NOTICE_TITLES } from "@afloat/shared/core/notice-titles";
import type { ServiceSnapshot, Verdict } from "@afloat/shared/domain";
import type { JournalEvent, Omitted } from "@afloat/shared/wire";

/** What a person may ask for of what happened. */
export const EVENT_KINDS = ["restart", "exit", "verdict", "notice", "loop", "asked", "agent", "removed"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** One thing that happened, for a person. */
export interface ToldEvent {
  atMs: number;
  /** Null where it is the agent's own. */
  service: string | null;
  kind: EventKind;
  text: string;
  /** Lines of output that belong to it, oldest first. */
  output: string[];
  /** As which it is marked. */
  verdict: Verdict;
}

/** What was heard of each service and of the agent so far. */
export interface Heard {
  services: Map<string, ServiceSnapshot>;
  /** False while an agent is known to run. */
  agentEnded: boolean;
}

/** As many lines of output are shown of a loop. */
const OUTPUT_LINES = 3;

/** What an event of the journal says to a person, and `heard` afterwards; null where nothing that he would see changed. */
export function tellEvent(event: JournalEvent, heard: Heard): ToldEvent | null {
  const told = (service: string | null, kind: EventKind, verdict: Verdict, text: string, output: string[] = []) => ({
    atMs: event.atMs,
    service,
    kind,
    text,
    output,
    verdict,
  });
  switch (event.kind) {
    case "agent-started": {
      const before = heard.agentEnded ? "" : "; the one before was killed, crashed, or went down with the machine";
      heard.agentEnded = false;
      return told(null, "agent", "completed", `the agent ${event.version} started${before}`);
    }
    case "agent-stopped":
      heard.agentEnded = true;
      return told(null, "agent", "completed", event.planned ? STOPPED : LEFT);
    case "flip": {
      const before = heard.services.get(event.snapshot.name);
      heard.services.set(event.snapshot.name, event.snapshot);
      const flip = flipOf(event.snapshot, before);
      return flip === null ? null : told(event.snapshot.name, flip.kind, event.snapshot.verdict, flip.text);
    }
    case "exited": {
      const { exit } = event;
      return told(event.service, "exit", "down", `${exitWords(exit)} after ${durationWords(exit.ranMs)}`);
    }
    case "restart":
      return told(event.service, "restart", "starting", `restarted${event.planned ? ", planned" : ""}: ${event.why}`);
    case "loop-opened": {
      const { restarts, spanMs, cause } = event.loop;
      const text = `restart loop: ${restarts} restarts in ${durationWords(spanMs)}, ${cause.text}`;
      return told(event.service, "loop", "down", text, event.lastLines.slice(-OUTPUT_LINES));
    }
    case "loop-closed":
      return told(event.service, "loop", "healthy", "the restart loop is over");
    case "notice":
      return told(event.service, "notice", "degraded", `${NOTICE_TITLES[event.code]}: ${event.text}`);
    case "command":
      return told(
        event.service ?? null,
        "asked",
        "completed",
        `${askedWords(event)}: ${event.step}${dash(event.detail)}`,
      );
    case "omitted":
      return told(null, "agent", event.why === "storm" ? "completed" : "degraded", omittedWords(event));
    case "removed":
      heard.services.delete(event.service);
      return told(event.service, "removed", "completed", "is no longer configured; it was stopped");
  }
}

/** What was not kept one by one, and why. */
function omittedWords({ why, counts }: Omitted): string {
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (why === "damaged") return `${all} events at most could not be read any more: the journal's file is damaged`;
  const words = `${all} events are only counted (${kinds.join(", ")})`;
  return why === "storm" ? `${words}: a crash storm` : `${words}: the journal was full, or could not be written`;
}

const STOPPED = "the agent stopped every service and ended";
const LEFT = "the agent ended; its services ran on";

/** An agent of an earlier version did not write down who asked what. */
function askedWords({ verb, by }: Extract<JournalEvent, { kind: "command" }>): string {
  return `${verb === undefined ? "" : `${verb} `}asked from the dashboard${by === undefined ? "" : ` by ${by}`}`;
}

const dash = (detail: string) => (detail === "" ? "" : `: ${detail}`);

/** What changed between two looks at a service, if anybody would see it. */
function flipOf(
  now: ServiceSnapshot,
  before: ServiceSnapshot | undefined,
): { kind: "asked" | "verdict"; text: string } | null {
  if (now.desired === "pause" && before?.desired !== "pause")
    return { kind: "asked", text: `paused by ${now.paused?.by ?? "somebody"}` };
  if (now.desired === "run" && before?.desired === "pause") return { kind: "asked", text: "resumed" };
  // Its end is an event of its own, and so is what follows from it.
  if (now.verdict === "starting" || now.verdict === "paused" || now.reasonCode === "exited") return null;
  if (before !== undefined && keyOf(before) === keyOf(now)) return null;
  return { kind: "verdict", text: `${now.verdict}: ${now.reason}${now.pid === null ? "" : ` (pid ${now.pid})`}` };
}

const keyOf = ({ verdict, reasonCode, pid }: ServiceSnapshot) => `${verdict} ${reasonCode} ${pid}`;
