import type { ServiceSnapshot, Verb } from "@afloat/shared/domain";
import type { JournalEvent } from "@afloat/shared/wire";
import type { AskOutcome, JournalStatus } from "./control/protocol.ts";
import type { Kept } from "./journal/core/line.ts";

/** The rooms of the daemon, and what each may ask of the others. */

type Unstamped<E> = E extends unknown ? Omit<E, "seq" | "atMs"> : never;
/** A journal event before the journal gave it its number. `atMs` is when it happened; now, where it is left out. */
export type NewEvent = Unstamped<Exclude<JournalEvent, { kind: "omitted" }>> & { atMs?: number };

/** The record of every change on this host, on disk before it is sent. (journal/journal.ts) */
export interface Journal {
  readonly journalId: string;
  /** The oldest event still held and the newest ever written; both 0 in an empty journal. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The newest event when this run began: what the cloud has beyond it, and was not told by this run, this disk has lost. */
  readonly beganSeq: number;
  /** D1 has everything up to here, as far as is known without asking. */
  readonly recordedSeq: number;
  readonly status: JournalStatus;
  append(event: NewEvent): JournalEvent;
  /** Events after `seq`, oldest first, without a hole; some of them, at least one if there is one. */
  since(seq: number, limit: number): Kept[];
  /** D1 has everything up to `seq`: it may be forgotten here, but for what people are told of. */
  forget(seq: number): void;
  /** Begins a new journal, with the events of this run: the cloud knows more of the old one than its disk does. */
  renew(): void;
  /** Called after every append; returns the way to stop it. */
  onAppend(listener: (event: JournalEvent) => void): () => void;
  close(): void;
}

/** What a look at a service came to; the last lines of its output, where they were asked for. */
export interface Looked {
  kind: "done" | "refused" | "failed";
  detail: string;
  lines?: string[];
}

/** What the link and the control socket may ask of the supervisor. (supervisor/supervisor.ts) */
export interface Supervised {
  snapshots(): ServiceSnapshot[];
  /** Resolves when the request is done (a restart: the new process is past starting), refused or failed; never rejects. */
  ask(
    verb: Exclude<Verb, "check" | "logs">,
    service: string,
    by: { name: string; via: "host" | "cloud" },
  ): Promise<AskOutcome>;
  /** Changes nothing: calls its endpoint once, or reads the end of its output. Rejects only where this program is at fault. */
  look(verb: "check" | "logs", service: string, by: string): Promise<Looked>;
}
