import type { AgentMessage } from "@afloat/shared/wire";
import type { TlsFacts } from "./answer.ts";
import type { Ended } from "./core/faults.ts";
import type { Via } from "./core/link-types.ts";

/** One connection to the cloud, however it is made. */
export interface Transport {
  readonly via: Via;
  /** What TLS agreed on; null before, and without. */
  tls: () => TlsFacts | null;
  send: (message: AgentMessage) => void;
  /** A sign of life that needs no answer of ours. */
  beat: () => void;
  /** Drops the connection; nothing is heard of it any more. */
  close: () => void;
  /** Closes once what was sent is on its way; not for long. */
  finish: () => Promise<void>;
}

/** What the link wants to hear of a connection. `ended` comes once, and nothing after it. */
export interface Ear {
  opened: () => void;
  pong: () => void;
  /** One message, as JSON text. */
  heard: (text: string) => void;
  ended: (how: Ended) => void;
}

/** How long `finish` may take, milliseconds. */
export const FINISH_MS = 1_000;
