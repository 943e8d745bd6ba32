import type { maintenance, maintenanceSeries } from "../db/maintenance-schema.ts";
import { coveredNames, type Coverable } from "../maintenance/core/covered.ts";
import { spanOf, standingOf } from "../maintenance/core/maintenance.ts";
import type { Repeats } from "../maintenance/core/recurrence.ts";
import { wallWords } from "../maintenance/core/wanted.ts";
import { wallAt } from "../maintenance/core/zone.ts";

type Row = typeof maintenance.$inferSelect;
type Series = typeof maintenanceSeries.$inferSelect;

interface TableProps {
  known: Coverable;
  mayEdit: boolean;
}

/** Times that were announced, each with what can be done about it. */
export function MaintenanceTimes({
  rows,
  known,
  nowMs,
  mayEdit,
}: TableProps & { rows: readonly Row[]; nowMs: number }) {
  if (rows.length === 0) return null;
  return (
    <table class="stacked">
      <thead>
        <tr>
          <th>What</th>
          <th>When</th>
          <th>Covers</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const standing = standingOf(row, nowMs);
          return (
            <tr data-maintenance={row.title} data-standing={standing}>
              <td>
                <b>{row.title}</b>
                <small class={standing === "running" ? "maint" : "soft"}>
                  {standing === "running" ? "▲ under way" : standing}
                  {row.seriesId === null ? "" : " · one of a series"}
                </small>
                {row.note === "" ? null : <small class="soft">{row.note}</small>}
              </td>
              <td>
                <When row={row} />
              </td>
              <td class="long">
                <Covered scope={row.scope} known={known} />
              </td>
              <td class="acts">{mayEdit ? <RowActs {...{ row, standing }} /> : null}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const ENDS: Record<ReturnType<typeof standingOf>, { word: string; says: string }> = {
  running: { word: "End now", says: "it is over, and what is not well is told" },
  upcoming: { word: "Call off", says: "it is not announced any more" },
  over: { word: "Take back", says: "it did not happen: its time counts as any other" },
  off: { word: "", says: "" },
};

function RowActs({ row, standing }: { row: Row; standing: ReturnType<typeof standingOf> }) {
  const { word, says } = ENDS[standing];
  return (
    <>
      {standing === "over" ? null : (
        <a href={`/app/maintenance/${row.id}`} aria-label={`Change ${row.title}`}>
          Change
        </a>
      )}
      <form method="post" action={`/app/maintenance/${row.id}/end`}>
        <button class="quiet" aria-label={`${word} ${row.title}: ${says}`} title={says}>
          {word}
        </button>
      </form>
    </>
  );
}

const REPEATED: Record<Repeats, string> = {
  daily: "every day",
  weekly: "every week",
  fortnightly: "every two weeks",
  "monthly-day": "every month on that day",
  "monthly-weekday": "every month on that weekday",
};

/** What comes again. */
export function MaintenanceSeries({ series, known, mayEdit }: TableProps & { series: readonly Series[] }) {
  return (
    <>
      <h2>Comes again</h2>
      <table class="stacked">
        <tbody>
          {series.map(({ id, title, repeats, startsWallMs, untilWallMs, timeZone, scope }) => (
            <tr data-series={title}>
              <td>
                <b>{title}</b>
              </td>
              <td>
                {REPEATED[repeats]}
                <small class="soft">
                  first {wallWords(startsWallMs)} {timeZone}
                  {untilWallMs === null ? "" : `, until ${wallWords(untilWallMs).replace(/, .*/, "")}`}
                </small>
              </td>
              <td class="long">
                <Covered {...{ scope, known }} />
              </td>
              <td class="acts">
                {mayEdit ? (
                  <>
                    <a href={`/app/maintenance/series/${id}`} aria-label={`Change all of ${title}`}>
                      Change
                    </a>
                    <form method="post" action={`/app/maintenance/series/${id}/end`}>
                      <button class="quiet" aria-label={`End ${title}: it does not come again`}>
                        End
                      </button>
                    </form>
                  </>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** By the clocks of its own zone; in UTC on hover. */
function When({ row }: { row: Row }) {
  const { fromMs, toMs } = spanOf(row);
  const [from, to] = [fromMs, toMs].map((ms) => wallWords(wallAt(Math.floor(ms / 60_000) * 60_000, row.timeZone)));
  const sameDay = from?.split(",")[0] === to?.split(",")[0];
  const utc = [fromMs, toMs].map((ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " "));
  return (
    <time datetime={new Date(fromMs).toISOString()} title={`${utc.join(" to ")} UTC`}>
      {from} – {sameDay ? to?.split(", ")[1] : to}
      <small class="soft">{row.timeZone}</small>
    </time>
  );
}

const SHOWN_COVERED = 6;

function Covered({ scope, known }: { scope: Row["scope"]; known: Coverable }) {
  if (scope.kind === "all") return <>everything</>;
  const names = coveredNames(scope, known);
  const more = names.length > SHOWN_COVERED ? ` and ${names.length - SHOWN_COVERED} more` : "";
  return <>{names.length === 0 ? "nothing that is still there" : names.slice(0, SHOWN_COVERED).join(", ") + more}</>;
}

export const TABLE_STYLES = `
td small{display:block}.acts{white-space:nowrap;text-align:right}.acts a{margin-right:10px}.acts form{display:inline}
@media (max-width:760px){.stacked thead{display:none}.stacked,.stacked tbody,.stacked tr,.stacked td{display:block}.stacked tr{border-bottom:1px solid var(--line);padding:8px 0}.stacked td{border:0;padding:2px 0}.acts{text-align:left}.acts a{display:inline-block;padding:11px 0}}
`;
