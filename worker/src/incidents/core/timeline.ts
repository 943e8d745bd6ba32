import { durationWords } from "@afloat/shared/core/duration";
import type { CommandStep } from "@afloat/shared/domain";
import { withoutStatus } from "../../deliveries/core/answer-words.ts";
import { type NamedMaintenance, spanOf } from "../../maintenance/core/maintenance.ts";
import { flipEntry } from "./flip-words.ts";
import { phaseWords } from "./phase-words.ts";
import { stepsWords } from "./steps-words.ts";
import type { FlipsRead, Recorded, TimelineEntry } from "./timeline-types.ts";
import { ANSWER_CHARACTERS, type Window, windowOf } from "./window.ts";

/**
 * What happened around an incident, in order, each thing once. Changes of state and maintenance count inside its window alone (window.ts); what people and
 * channels did belongs to it whenever it was.
 */
export function timelineOf(recorded: Recorded, nowMs: number): TimelineEntry[] {
  const { incident } = recorded;
  const window = windowOf(incident, nowMs);
  const entries = [
    ...turnsOf(incident),
    ...recorded.flips.flatMap((flips) => flipsOf(flips, window)),
    ...recorded.commands.map(commandEntry),
    ...messagesOf(recorded),
    ...recorded.deliveries.map((delivery) => deliveryEntry(delivery, recorded.notices)),
    ...recorded.maintenance.flatMap((each) => maintenanceOf(each, incident, window)),
    ...acknowledgedOf(recorded),
    ...recorded.notes.map(noteEntry),
  ];
  const once = new Map(entries.map((entry) => [entry.id, entry]));
  return [...once.values()].sort((a, b) => a.atMs - b.atMs || RANK[a.of] - RANK[b.of] || (a.id < b.id ? -1 : 1));
}

/** Of what is of the same moment: what came of what. */
const RANK: Record<TimelineEntry["of"], number> = {
  ...{
    maintenance: 0,
    flip: 1,
    gap: 2,
    opened: 3,
    closed: 4,
    command: 5,
    message: 6,
    delivery: 7,
    acknowledged: 8,
    note: 9,
  },
};

function turnsOf({ cause, openedMs, closedMs, evidence }: Recorded["incident"]): TimelineEntry[] {
  const opened: TimelineEntry = {
    ...{ id: "opened", atMs: openedMs, of: "opened", tone: "out", title: `It began: ${cause}` },
    ...{ detail: evidence.exit ?? "", lines: evidence.lastLines },
  };
  if (closedMs === null) return [opened];
  const title = `It was over, after ${durationWords(closedMs - openedMs)}`;
  const closed = { id: "closed", atMs: closedMs, of: "closed" as const, tone: "up" as const };
  return [opened, { ...closed, title, detail: "", lines: [] }];
}

function flipsOf({ subjectId, name, of, before, first, last, limit }: FlipsRead, window: Window): TimelineEntry[] {
  const isInside = ({ atMs }: { atMs: number }) => window.fromMs <= atMs && atMs <= window.toMs;
  const entries = [...before, ...first, ...last].filter(isInside).map((flip) => flipEntry(flip, name, of));
  const firstEndMs = Math.max(...first.map(({ atMs }) => atMs));
  const lastFromMs = Math.min(...last.map(({ atMs }) => atMs));
  const isGap = first.length >= limit && last.length >= limit && firstEndMs < lastFromMs;
  // Read while it was open still, the last of them may be after its end by now.
  if (!isGap || !isInside({ atMs: firstEndMs })) return entries;
  const title = `More changes of ${name} than are shown here`;
  const detail = `for ${durationWords(lastFromMs - firstEndMs)}`;
  const gap = { id: `${subjectId}.gap`, atMs: firstEndMs, of: "gap" as const, tone: "plain" as const };
  return [...entries, { ...gap, title, detail, lines: [] }];
}

function commandEntry({
  id,
  verb,
  serviceName,
  byName,
  createdMs,
  steps,
}: Recorded["commands"][number]): TimelineEntry {
  const last = steps.at(-1);
  const tone = last?.step === "done" ? "up" : BAD_ENDS.has(last?.step ?? "queued") ? "deg" : "plain";
  const told = last === undefined || last.detail === "" ? "" : ` · ${last.detail}`;
  return {
    ...{ id: `command.${id}`, atMs: createdMs, of: "command", tone, lines: [] },
    ...{ title: `${byName} asked: ${verb} ${serviceName}`, detail: stepsWords(steps) + told },
  };
}

const BAD_ENDS = new Set<CommandStep>(["refused", "failed", "expired", "interrupted"]);

function messagesOf({ notices, deliveries }: Recorded): TimelineEntry[] {
  const tried = new Set(deliveries.map(({ noticeId }) => noticeId));
  // Its Fleet has everything told that opens or is over; whether anybody is, alerting decides.
  const told = notices.filter(({ id, next }) => next !== null || tried.has(id));
  return told.map(({ id, phase, createdMs }) => ({
    ...{
      id: `message.${id}`,
      atMs: createdMs,
      of: "message",
      tone: "plain",
      title: `To be told: ${phaseWords(phase)}`,
      lines: [],
    },
    detail: tried.has(id) ? "" : "sent to nobody so far",
  }));
}

function deliveryEntry(delivery: Recorded["deliveries"][number], notices: Recorded["notices"]): TimelineEntry {
  const { id, noticeId, channel, attempt, atMs, ok, status, answer, tookMs } = delivery;
  const of = notices.find((notice) => notice.id === noticeId)?.phase;
  const what = of === undefined ? "" : ` that ${phaseWords(of)}`;
  const nth = attempt > 1 ? `, attempt ${attempt}` : "";
  const answered = status === null ? "no answer" : String(status);
  const words = ok ? "" : withoutStatus(answer ?? "", status).slice(0, ANSWER_CHARACTERS);
  const said = words === "" ? "" : `: ${words}`;
  return {
    ...{ id: `delivery.${id}`, atMs, of: "delivery", tone: ok ? "up" : "deg", lines: [] },
    title: ok ? `${channel} heard${what}` : `${channel} did not hear${what}`,
    detail: `${answered} in ${durationWords(tookMs)}${nth}${said}`,
  };
}

function maintenanceOf(of: NamedMaintenance, { openedMs }: Recorded["incident"], window: Window): TimelineEntry[] {
  const { fromMs, toMs } = spanOf(of);
  // What was over when it began, or began when it was over, did not cover it.
  if (toMs <= Math.max(fromMs, openedMs) || fromMs > window.endMs) return [];
  const entry = { of: "maintenance" as const, tone: "maint" as const, detail: of.title, lines: [] };
  const began = fromMs >= window.fromMs;
  const title = began ? "Maintenance began: nobody is told" : "It is in maintenance: nobody is told";
  const start = { ...entry, id: `${of.id}.starts`, atMs: Math.max(fromMs, window.fromMs), title };
  if (toMs > window.toMs) return [start];
  return [start, { ...entry, id: `${of.id}.ends`, atMs: toMs, title: "Maintenance ended" }];
}

function acknowledgedOf({ acknowledgement }: Recorded): TimelineEntry[] {
  if (acknowledgement === null) return [];
  const { atMs, via, byName } = acknowledgement;
  const detail = via === "link" ? "by the link in a message" : "";
  return [
    {
      id: "acknowledged",
      atMs,
      of: "acknowledged",
      tone: "maint",
      title: `${byName} acknowledged it`,
      detail,
      lines: [],
    },
  ];
}

function noteEntry({ id, atMs, byName, text }: Recorded["notes"][number]): TimelineEntry {
  return { id: `note.${id}`, atMs, of: "note", tone: "plain", title: `${byName} wrote`, detail: text, lines: [] };
}
