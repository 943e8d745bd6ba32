import type { HearingChange, StatusChange } from "@afloat/shared/core/uptime";
import type { PublicStatus } from "@afloat/shared/domain";

/** A change of a service or of a host's link, as it was recorded. */
export interface RecordedChange {
  atMs: number;
  /** A verdict, or for a host its link word. */
  verdict: string;
  publicStatus: PublicStatus;
}

/** What held, and what changed, of a service and of its host's link. */
export interface History {
  /** What held before the first of the changes. */
  before: PublicStatus;
  changes: StatusChange[];
  heardBefore: boolean;
  hearing: HearingChange[];
}

/**
 * The history of a service from what is recorded of it and of its host, oldest first. Where nothing ever changed, it was all
 * along what it is now; else what was before the first change is not known here.
 */
export function historyOf(
  now: { status: PublicStatus; heard: boolean },
  own: readonly RecordedChange[],
  links: readonly RecordedChange[],
): History {
  return {
    before: own.length === 0 ? now.status : "unknown",
    changes: own.map(({ atMs, publicStatus }) => ({ atMs, status: publicStatus })),
    heardBefore: links.length === 0 && now.heard,
    hearing: links.map(({ atMs, verdict }) => ({ atMs, heard: verdict === "online" })),
  };
}
