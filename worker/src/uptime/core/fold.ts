import { type TimeSpan, type UptimeDay, uptimeOf } from "@afloat/shared/core/uptime";
import type { History } from "./history.ts";

/** A service as far as its days go. */
interface Lived {
  createdMs: number;
  /** Null while it is configured. */
  removedMs: number | null;
}

/**
 * The days of a service in the window, as they are folded: those of which anything is known. A part of a day where it was not
 * there for the whole of it.
 */
export function foldedDays(
  history: History,
  maintenance: readonly TimeSpan[],
  { createdMs, removedMs }: Lived,
  window: TimeSpan,
): UptimeDay[] {
  const fromMs = Math.max(window.fromMs, createdMs);
  const toMs = Math.min(window.toMs, removedMs ?? window.toMs);
  const { days } = uptimeOf({ ...history, maintenance, fromMs, toMs });
  return days.filter(({ timeIn: { unknown: _unknown, ...known } }) => Object.values(known).some((ms) => ms > 0));
}
