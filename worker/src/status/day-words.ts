import { durationWords } from "@afloat/shared/core/duration";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });

/** `12 November`, in UTC, as days of uptime are counted. */
export function dayWords(ms: number): string {
  return DAY.format(ms);
}

/** How long something lasted; never nothing at all. */
export function spanWords(ms: number): string {
  return ms < 1000 ? "less than 1 s" : durationWords(ms);
}
