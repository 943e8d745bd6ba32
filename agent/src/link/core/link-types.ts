import type { AgentMessage, CloudMessage } from "@afloat/shared/wire";
import type { Ended, Fault, Refusal } from "./faults.ts";
import type { Attempt } from "./history.ts";
import type { Outbox } from "./outbox.ts";

/** The words of the link machine (link-machine.ts): what it knows, what can happen to it, and what it wants done. */

export type Via = "socket" | "http";

export type Phase =
  /** Not enrolled, or the cloud's address is not one that may be called. */
  | { kind: "off"; refused: boolean; why: string }
  | { kind: "waiting"; untilMs: number; refused: Refusal | null }
  | { kind: "dialing"; via: Via; sinceMs: number }
  /**
   * Hello is sent, its welcome has not come. `renewed`: the journal was begun anew on this connection. `welcomedMs`: when the
   * first welcome on this connection came, where hello is said once more.
   */
  | { kind: "greeting"; via: Via; sinceMs: number; renewed: boolean; welcomedMs: number | null }
  | Connected;

export interface Connected {
  kind: "connected";
  via: Via;
  /** When the first welcome came, and when hello was last said. */
  sinceMs: number;
  helloMs: number;
  outbox: Outbox;
  /** The cloud understands `omitted`. */
  omits: boolean;
  /** Events in one message at most; less after the cloud refused a message, one at least. */
  limit: number;
  heartbeatMs: number;
  beatMs: number;
  /** When the answer to a heartbeat is overdue; null while none is awaited. */
  pongMs: number | null;
  /** When waiting events are sent; null while none wait. */
  flushMs: number | null;
  /** Nothing but a crash storm waits: whatever else comes does not wait with it. */
  calm: boolean;
  /** When a socket is tried again; null on a socket. */
  socketAgainMs: number | null;
}

export interface LinkState {
  phase: Phase;
  /** D1 has everything up to here, as last heard, and when it was heard. */
  recorded: number;
  recordedMs: number | null;
  /** Told of this journal in this run up to here, on whatever connection. */
  told: number;
  /** Failures in a row; a stable connection ends the row. */
  failures: number;
  /** Sockets in a row that never got a welcome, or did not last. */
  socketFailures: number;
  /** Why the last of them failed; null where none did. */
  socketWhy: string | null;
  /** HTTP had a welcome since a socket last lasted: it is the way back. */
  httpWorks: boolean;
  /** Sockets tried in vain while HTTP worked. */
  trials: number;
  /** Why the cloud did not want us the last time; null once it does. */
  lastRefusal: Refusal | null;
  lastVia: Via;
  lastFault: Fault | null;
  lastError: string | null;
  /** What the last tries came to, oldest first. */
  history: readonly Attempt[];
  /** This host's place in the beat of its fleet, in [0, 1). */
  place: number;
  /** When leaving ends at the latest; null while we stay. */
  leaveByMs: number | null;
}

/** What the machine may not find out by itself. */
export interface Moment {
  /** Wall time that never jumps, milliseconds. */
  nowMs: number;
  /** In [0, 1). */
  random: number;
  /** The journal's oldest event and its newest. */
  firstSeq: number;
  lastSeq: number;
  /** The newest when this run began. */
  beganSeq: number;
}

export type LinkEvent =
  /** A credential is there, or it is another one than before. `place`: the host's in the beat of its fleet, in [0, 1). */
  | { kind: "enrolled"; place?: number }
  /** What an earlier agent of this host tried. */
  | { kind: "remembered"; history: readonly Attempt[] }
  | { kind: "not-enrolled"; refused: boolean; why: string }
  | { kind: "opened" }
  | { kind: "heard"; message: CloudMessage }
  | { kind: "pong" }
  /** Something that is no message of the protocol. */
  | { kind: "garbage"; what: string }
  /** The events asked for by `send` are on their way, up to this one. */
  | { kind: "sent"; upTo: number }
  /** The journal does not have the events asked for by `send`: the oldest were dropped. */
  | { kind: "gap" }
  | { kind: "ended"; how: Ended }
  /** What hello says of this host is not as it was. */
  | { kind: "edited" }
  /** `storm`: one more crash of many, of which none has to be known at once. */
  | { kind: "appended"; storm: boolean }
  /** `dueMs` has come. */
  | { kind: "due" }
  /** `planned`: the host goes on purpose; its silence is no alarm. */
  | { kind: "leave"; planned: boolean };

export type LinkEffect =
  | { kind: "dial"; via: Via }
  | { kind: "hang-up" }
  | { kind: "hello" }
  | { kind: "beat" }
  /** Read the journal after `after`, send as much as one message carries, and tell with `sent` or `gap`. */
  | { kind: "send"; after: number; limit: number; omits: boolean }
  | { kind: "forget"; upTo: number }
  /** The cloud knows more of this journal than its disk does: begin a new one. */
  | { kind: "renew-journal" }
  | { kind: "command"; message: CommandMessage }
  /** The cloud takes samples: hours that are not recorded yet are told. */
  | { kind: "samples" }
  | { kind: "sampled"; hourMs: number }
  /** Tell what services use so often, milliseconds; 0 for no more. */
  | { kind: "stream"; everyMs: number }
  | { kind: "bye"; message: Extract<AgentMessage, { type: "bye" }> }
  /** All is said: close for good. */
  | { kind: "left" }
  | { kind: "say"; text: string };

export type CommandMessage = Extract<CloudMessage, { type: "command" | "grant" | "deny" }>;

export interface LinkStep {
  state: LinkState;
  effects: LinkEffect[];
}

/** What one turn works on. */
export interface Turn extends LinkStep {
  moment: Moment;
}
