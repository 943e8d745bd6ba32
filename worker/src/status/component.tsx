import type { UptimeDay } from "@afloat/shared/core/uptime";
import type { PublicStatus } from "@afloat/shared/domain";
import { MarkOf, publicMark } from "../pages/marks.tsx";
import { dayWords, spanWords } from "./day-words.ts";
import type { ComponentView } from "./status-view.ts";

/** Below this a disturbance does not colour its day: the day is drawn by what matters on it. */
const WORTH_SHOWING_MS = 1_000;

/** One component: its name, how it is, and a bar for each day that exists. */
export function Component({ component, todayMs }: { component: ComponentView; todayMs: number }) {
  const { name, status, days } = component;
  return (
    <div class="component" data-component={name} data-status={status}>
      <div class="head">
        <b>{name}</b>
        <MarkOf mark={publicMark(status)} />
      </div>
      <div class="bars" role="list" aria-label={`${name}, day by day`} tabindex={0}>
        {days.map((day) => (
          <i
            class={day.timeIn.maintenance >= WORTH_SHOWING_MS ? `${barOf(day)} worked` : barOf(day)}
            role="listitem"
            title={dayTitle(day)}
          />
        ))}
      </div>
      <div class="legend">
        <span class="from" />
        <span>{uptimeWords(component)}</span>
        <span title={dayWords(todayMs)}>today</span>
      </div>
    </div>
  );
}

/** What a day is drawn as: the worst that held for long enough to matter; where less than half of it is known, unknown. */
function barOf({ timeIn }: UptimeDay): string {
  if (timeIn.outage >= WORTH_SHOWING_MS) return "out";
  if (timeIn.degraded_performance >= WORTH_SHOWING_MS) return "deg";
  if (timeIn.maintenance > timeIn.operational && timeIn.maintenance >= timeIn.unknown) return "maint";
  return timeIn.operational > 0 && timeIn.operational >= timeIn.unknown ? "up" : "none";
}

const WORDS: [Exclude<PublicStatus, "operational">, string][] = [
  ["outage", "outage"],
  ["degraded_performance", "degraded performance"],
  ["maintenance", "maintenance"],
  ["unknown", "not known"],
];

/** `12 November: 4 min of outage` */
function dayTitle({ startMs, timeIn }: UptimeDay): string {
  const parts = WORDS.filter(([status]) => timeIn[status] >= WORTH_SHOWING_MS).map(
    ([status, word]) => `${spanWords(timeIn[status])} ${status === "unknown" ? word : `of ${word}`}`,
  );
  return `${dayWords(startMs)}: ${parts.length === 0 ? "no downtime" : parts.join(", ")}`;
}

/** Counted over the days of which anything is known: 100 % of one day is not 100 % of ninety. */
function uptimeWords({ uptime, measuredDays, days }: ComponentView): string {
  if (uptime === null) return "nothing measured yet";
  const isToday = measuredDays === 1 && days.at(-1)?.uptime !== null;
  return `${uptime} % uptime ${isToday ? "today" : `over ${measuredDays} ${measuredDays === 1 ? "day" : "days"}`}`;
}
