import type { MeasuredService } from "../../../control/protocol.ts";
import type { Verdict } from "@afloat/shared/domain";

/** By what services are put in order, the most first; by name, from a to z. */
export const SORTS = ["cpu", "memory", "restarts", "latency", "name"] as const;
export type Sort = (typeof SORTS)[number];

/** What is shown, and where a person is in it. */
export interface TopState {
  sort: Sort;
  /** Only services with this in their name. */
  filter: string;
  /** The service that is chosen, by name; null for the first. */
  at: string | null;
  mode:
    | { kind: "table" }
    /** The filter is being typed; `before` comes back where it is given up. */
    | { kind: "filter"; before: string }
    /** Shall it be restarted? */
    | { kind: "confirm"; service: string }
    /** `up`: how many lines above the newest. */
    | { kind: "logs"; service: string; up: number };
  /** What became of the last thing asked for. */
  note: string;
}

/** What there is to show. */
export interface Seen {
  services: readonly MeasuredService[];
  /** The last lines of the service whose logs are read, oldest first. */
  lines: readonly string[];
  nowMs: number;
  width: number;
  /** Lines there are room for; null for all. */
  height: number | null;
}

/** A line of a frame. Colour and mark are the terminal's affair. */
export interface FrameLine {
  text: string;
  style: "plain" | "strong" | "soft";
  /** A service's line has its mark before it. */
  verdict: Verdict | null;
  chosen: boolean;
}

/** What a frame begins with. */
export const FIRST: TopState = { sort: "cpu", filter: "", at: null, mode: { kind: "table" }, note: "" };
