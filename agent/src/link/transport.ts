import type { AgentMessage } from "@afloat/shared/wire";

/** Why a connection ended. */
export interface Ended {
  /** `revoked`, `in-use-elsewhere`: the cloud does not want us. `lost`: anything else. */
  kind: "revoked" | "in-use-elsewhere" | "lost";
  why: string;
}

/** One connection to the cloud, however it is made. */
export interface Transport {
  readonly via: "socket" | "http";
  send: (message: AgentMessage) => void;
  /** A sign of life that needs no answer of ours. */
  beat: () => void;
  close: () => void;
}

/** What the link wants to hear of a connection. `ended` comes once. */
export interface Ear {
  opened: () => void;
  heard: (json: string) => void;
  ended: (how: Ended) => void;
}
