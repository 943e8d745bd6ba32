import type { Exit, IncidentKind, Loop, ServiceSnapshot } from "../domain.ts";
import type { JournalEvent } from "../wire.ts";
import { exitWords } from "./answer-words.ts";
import { durationWords } from "./duration.ts";
import { momentWords } from "./moment.ts";

/** Of what an incident tells: a service of a host, or with `service: null` the host itself. */
export interface IncidentSubject {
  hostName: string;
  service: string | null;
}

/** What may begin or end an incident: the host's journal, and what the Fleet sees by itself. */
export type Report =
  | JournalEvent
  /** Nothing was heard since `sinceMs`, and the deadline has passed at `atMs`. */
  | { kind: "host-silent"; atMs: number; sinceMs: number }
  | { kind: "host-heard"; atMs: number };

/** An incident of this subject that was opened before; closed ones as far back as the caller remembers. */
export interface KnownIncident {
  kind: IncidentKind;
  openedMs: number;
  closedMs: number | null;
}

/** An incident to be opened. Kind and `openedMs` together name it: the same report told twice gives the same two. */
export interface IncidentDraft extends KnownIncident {
  title: string;
  cause: string;
  /** It began and ended before it reached us: recorded at its own time, and wakes nobody. */
  late: boolean;
  /** Somebody is to be called, now. */
  alerts: boolean;
  evidence: {
    lastLines: string[];
    exit: string | null;
    restarts: number | null;
    spanMs: number | null;
    causeCode: string | null;
  };
}

/** The end of a known incident. */
export interface IncidentEnd {
  kind: IncidentKind;
  openedMs: number;
  atMs: number;
}

export interface IncidentDecision {
  open: IncidentDraft[];
  close: IncidentEnd[];
}

/**
 * Which kinds call somebody. An unproven endpoint does not: nothing is broken but a line in a file, and it can wait for
 * the morning. `service-down` is a service that ended badly and that nothing will start again; what is being restarted is
 * told as a loop once it is one.
 */
export const INCIDENT_ALERTS: Record<IncidentKind, boolean> = {
  "restart-loop": true,
  "service-down": true,
  "endpoint-regressed": true,
  "endpoint-unproven": false,
  "endpoint-crashes-service": true,
  "port-conflict": true,
  "host-offline": true,
};

/**
 * What a batch of reports about one subject (others are left aside) opens and closes. One loop opens one incident and closes
 * it once, whatever the order and repetition of its reports: it is known by when it opened.
 */
export function decideIncidents(
  subject: IncidentSubject,
  reports: readonly Report[],
  known: readonly KnownIncident[],
): IncidentDecision {
  const book = new Book(subject, known);
  for (const report of reports) take(book, report);
  return book.decision();
}

/** The incidents of one subject while a batch is read. */
class Book {
  readonly subject: IncidentSubject;
  readonly #before: readonly KnownIncident[];
  readonly #drafts: IncidentDraft[] = [];
  readonly #ends: IncidentEnd[] = [];

  constructor(subject: IncidentSubject, known: readonly KnownIncident[]) {
    this.subject = subject;
    this.#before = known;
  }

  /** All of a kind, with the ends that this batch has brought. */
  of(kind: IncidentKind): KnownIncident[] {
    const before = this.#before.map((incident) => {
      const end = this.#ends.find((end) => end.kind === incident.kind && end.openedMs === incident.openedMs);
      return end === undefined ? incident : { ...incident, closedMs: end.atMs };
    });
    return [...before, ...this.#drafts].filter((incident) => incident.kind === kind);
  }

  open(draft: IncidentDraft): void {
    this.#drafts.push(draft);
  }

  /** Closes what is open of a kind and began by `atMs`. */
  close(kind: IncidentKind, atMs: number): void {
    for (const { openedMs, closedMs } of this.of(kind))
      if (closedMs === null && openedMs <= atMs) this.end(kind, openedMs, atMs);
  }

  end(kind: IncidentKind, openedMs: number, atMs: number): void {
    const draft = this.#drafts.find((draft) => draft.kind === kind && draft.openedMs === openedMs);
    if (draft === undefined) this.#ends.push({ kind, openedMs, atMs });
    else Object.assign(draft, { closedMs: atMs, late: true, alerts: false });
  }

  decision(): IncidentDecision {
    return { open: this.#drafts, close: this.#ends };
  }
}

function take(book: Book, report: Report): void {
  switch (report.kind) {
    case "host-silent":
    case "host-heard":
      if (book.subject.service === null) takeHearing(book, report);
      return;
    case "flip":
      if (report.snapshot.name === book.subject.service) takeFlip(book, report.snapshot, report.atMs);
      return;
    case "loop-opened":
      if (report.service === book.subject.service) openLoop(book, report.loop, report.exit, report.lastLines);
      return;
    case "loop-closed":
      if (report.service === book.subject.service) closeLoop(book, report.loop, report.atMs);
      return;
    case "notice":
      if (report.service === book.subject.service) openOnce(book, report.code, report.atMs, report.text);
      return;
    case "removed":
      if (report.service === book.subject.service) for (const kind of SERVICE_KINDS) book.close(kind, report.atMs);
      return;
    case "agent-started":
    case "agent-stopped":
    case "exited":
    case "restart":
    case "command":
      return;
  }
}

const SERVICE_KINDS: readonly IncidentKind[] = [
  "restart-loop",
  "service-down",
  "endpoint-regressed",
  "endpoint-unproven",
  "endpoint-crashes-service",
  "port-conflict",
];

function takeHearing(book: Book, report: Extract<Report, { kind: "host-silent" | "host-heard" }>): void {
  if (report.kind === "host-heard") {
    book.close("host-offline", report.atMs);
    return;
  }
  const { sinceMs, atMs } = report;
  openOnce(
    book,
    "host-offline",
    sinceMs,
    `nothing heard for ${durationWords(atMs - sinceMs)}, since ${momentWords(sinceMs, atMs)}`,
  );
}

/** What a service's state says by itself: what is over, and what the journal's own report of it did not bring. */
function takeFlip(book: Book, snapshot: ServiceSnapshot, atMs: number): void {
  for (const kind of SERVICE_KINDS) if (isOver(kind, snapshot)) book.close(kind, atMs);
  if (snapshot.loop === null) closeLoopsBefore(book, atMs);
  else openLoop(book, snapshot.loop, snapshot.lastExit, []);
  // Ended badly, and its policy starts it no more.
  if (snapshot.verdict === "down" && snapshot.state === "completed")
    openOnce(book, "service-down", atMs, snapshot.reason);
}

function isOver(kind: IncidentKind, { verdict, reasonCode, endpoint }: ServiceSnapshot): boolean {
  const healthy = verdict === "healthy" && reasonCode !== "foreign-answer";
  switch (kind) {
    case "service-down":
      return ["healthy", "degraded", "unhealthy", "completed", "paused"].includes(verdict);
    case "endpoint-regressed":
    case "endpoint-unproven":
      return healthy;
    case "endpoint-crashes-service":
      return endpoint === null || (!endpoint.retired && healthy);
    case "port-conflict":
      return healthy || verdict === "degraded";
    case "restart-loop":
    case "host-offline":
      return false;
  }
}

/** A flip without a loop that is younger than the loop: its end was told, or lost together with the state it was kept in. */
function closeLoopsBefore(book: Book, atMs: number): void {
  for (const { openedMs, closedMs } of book.of("restart-loop")) {
    if (closedMs === null && openedMs < atMs) book.end("restart-loop", openedMs, atMs);
  }
}

function openLoop(book: Book, loop: Loop, exit: Exit | null, lastLines: string[]): void {
  const loops = book.of("restart-loop");
  if (loops.some((known) => known.openedMs === loop.openedMs)) return;
  // There is one loop at a time: an older one ended before this began, and this one before a younger one did.
  const younger = loops.filter((known) => known.openedMs > loop.openedMs).map((known) => known.openedMs);
  book.close("restart-loop", loop.openedMs);
  book.open(loopDraft(book.subject, loop, exit, lastLines));
  const endedMs = loop.closedMs ?? (younger.length > 0 ? Math.min(...younger) : null);
  if (endedMs !== null) book.end("restart-loop", loop.openedMs, endedMs);
}

function closeLoop(book: Book, loop: Loop, atMs: number): void {
  const closedMs = loop.closedMs ?? atMs;
  const known = book.of("restart-loop").find((known) => known.openedMs === loop.openedMs);
  if (known === undefined) openLoop(book, { ...loop, closedMs }, null, []);
  else if (known.closedMs === null) book.end("restart-loop", loop.openedMs, closedMs);
}

function loopDraft(subject: IncidentSubject, loop: Loop, exit: Exit | null, lastLines: string[]): IncidentDraft {
  const { restarts, spanMs, cause } = loop;
  return {
    ...draftOf(subject, "restart-loop", loop.openedMs, `${loopWords(loop)}, ${cause.text}`),
    evidence: { lastLines, exit: exit === null ? null : exitWords(exit), restarts, spanMs, causeCode: cause.code },
  };
}

function loopWords({ restarts, spanMs }: Loop): string {
  if (restarts === 1) return "1 restart";
  return `${restarts} restarts in ${durationWords(spanMs)}`;
}

/** Opens what is not open, and was not opened and closed since `atMs` already: then the report is a repetition. */
function openOnce(book: Book, kind: IncidentKind, atMs: number, cause: string): void {
  const told = book.of(kind).some(({ closedMs, openedMs }) => closedMs === null || openedMs >= atMs || closedMs > atMs);
  if (!told) book.open(draftOf(book.subject, kind, atMs, cause));
}

function draftOf(subject: IncidentSubject, kind: IncidentKind, openedMs: number, cause: string): IncidentDraft {
  return {
    kind,
    openedMs,
    closedMs: null,
    title: titleOf(subject, kind),
    cause,
    late: false,
    alerts: INCIDENT_ALERTS[kind],
    evidence: { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null },
  };
}

function titleOf({ hostName, service }: IncidentSubject, kind: IncidentKind): string {
  const what = service === null ? hostName : `${hostName} / ${service}`;
  return `${what} ${TITLES[kind]}`;
}

const TITLES: Record<IncidentKind, string> = {
  "restart-loop": "is restarting in a loop",
  "service-down": "is down and will not start again by itself",
  "endpoint-regressed": "runs, but no longer answers its health check",
  "endpoint-unproven": "has a health check that never worked",
  "endpoint-crashes-service": "is crashed by its own health check",
  "port-conflict": "finds its port taken by another process",
  "host-offline": "has gone silent",
};
