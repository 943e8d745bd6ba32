import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import type { maintenance, maintenanceSeries } from "../db/maintenance-schema.ts";
import { coveredNames, type Coverable } from "../maintenance/core/covered.ts";
import { spanOf, standingOf } from "../maintenance/core/maintenance.ts";
import type { Repeats } from "../maintenance/core/recurrence.ts";
import { type Faults, type Typed, wallWords } from "../maintenance/core/wanted.ts";
import { wallAt } from "../maintenance/core/zone.ts";
import { FORM_SCRIPT, FORM_STYLES, MaintenanceForm, NOTHING_TYPED } from "./maintenance-form.tsx";
import { Shell } from "./shell.tsx";

type Row = typeof maintenance.$inferSelect;
type Series = typeof maintenanceSeries.$inferSelect;

interface Who {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  known: Coverable;
}

interface PageProps extends Who {
  rows: Row[];
  series: Series[];
  nowMs: number;
  /** What was typed and not understood; null where nothing was. */
  typed: Typed | null;
  faults: Faults;
  mayEdit: boolean;
  /** The Fleet could not be told just now. */
  untold: boolean;
}

/** Of a series so many times to come are shown. */
const SHOWN_OF_SERIES = 3;

/** What is being worked on, and when: announced to the public, and no alarm meanwhile. */
export function MaintenancePage(props: PageProps) {
  const { nonce, organization, person, role, rows, series, known, nowMs, typed, faults, mayEdit, untold } = props;
  const now = rows.filter((row) => standingOf(row, nowMs) === "running");
  const ahead = nextOfEach(rows.filter((row) => standingOf(row, nowMs) === "upcoming"));
  const past = rows.filter((row) => standingOf(row, nowMs) === "over").toReversed();
  return (
    <Shell title="Maintenance" {...{ nonce, organization, person, role }} moreStyles={FORM_STYLES + STYLES}>
      <section class="narrow">
        <h1>{sentenceOf(now, ahead, nowMs)}</h1>
        <p class="soft">
          While a host or service is worked on, the status page says so, nobody is told of its silence or its trouble,
          and the time counts neither as up nor as down. What is not well when it ends is told then.
        </p>
        {untold ? (
          <p class="fault" role="status">
            It is announced. What decides about alarms could not be reached just now and learns of it within five
            minutes.
          </p>
        ) : null}
        <Windows rows={[...now, ...ahead]} {...{ known, nowMs, mayEdit }} />
        {series.length === 0 ? null : <AllSeries {...{ series, known, mayEdit }} />}
        {mayEdit ? (
          <>
            <h2 id="announce">Announce maintenance</h2>
            <MaintenanceForm
              action="/app/maintenance"
              submit="Announce"
              guessZone={typed === null}
              {...{ typed: typed ?? NOTHING_TYPED, faults, known }}
            />
          </>
        ) : null}
        {past.length === 0 ? null : (
          <>
            <h2>Over</h2>
            <Windows rows={past.slice(0, 50)} {...{ known, nowMs, mayEdit }} />
          </>
        )}
        <p class="soft">
          <a href="/app/maintenance.json">The same as JSON</a>
        </p>
      </section>
      <script nonce={nonce}>{raw(FORM_SCRIPT)}</script>
    </Shell>
  );
}

interface EditProps extends Who {
  typed: Typed;
  faults: Faults;
  /** Where it is posted: the page's own address. */
  action: string;
}

/** Changing what was announced. */
export function EditMaintenancePage(props: EditProps) {
  const { nonce, organization, person, role, typed, faults, action, known } = props;
  const isSeries = typed.repeats !== "never" || action.includes("/series/");
  return (
    <Shell title="Change maintenance" {...{ nonce, organization, person, role }} moreStyles={FORM_STYLES + STYLES}>
      <section class="narrow">
        <h1>{typed.title.trim() === "" ? "Change maintenance" : `Change: ${typed.title}`}</h1>
        <p class="soft">
          {isSeries
            ? "What has begun stays as it was; all that is to come is announced anew, also what was changed by itself. What was called off stays so."
            : "This one alone is changed."}{" "}
          <a href="/app/maintenance">Leave it</a>
        </p>
        <MaintenanceForm {...{ action, typed, faults, known, submit: "Change", once: !isSeries }} />
      </section>
      <script nonce={nonce}>{raw(FORM_SCRIPT)}</script>
    </Shell>
  );
}

function sentenceOf(now: readonly Row[], ahead: readonly Row[], nowMs: number): string {
  const [first] = now;
  if (first !== undefined && now.length === 1) return `${first.title} is under way`;
  if (now.length > 1) return `${now.length} maintenances are under way`;
  const [next] = ahead;
  if (next === undefined) return "Nothing is being worked on";
  const days = Math.floor((next.startsMs - nowMs) / 86_400_000);
  const when = days < 1 ? "within a day" : days === 1 ? "in a day" : `in ${days} days`;
  return `Nothing is being worked on; ${next.title} is announced ${when}`;
}

function nextOfEach(rows: readonly Row[]): Row[] {
  const shown = new Map<string, number>();
  return rows.filter(({ seriesId }) => {
    if (seriesId === null) return true;
    const before = shown.get(seriesId) ?? 0;
    shown.set(seriesId, before + 1);
    return before < SHOWN_OF_SERIES;
  });
}

function Windows({ rows, known, nowMs, mayEdit }: Pick<PageProps, "rows" | "known" | "nowMs" | "mayEdit">) {
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

function AllSeries({ series, known, mayEdit }: Pick<PageProps, "series" | "known" | "mayEdit">) {
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

const STYLES = `
td small{display:block}.acts{white-space:nowrap;text-align:right}.acts a{margin-right:10px}.acts form{display:inline}
@media (max-width:760px){.stacked thead{display:none}.stacked,.stacked tbody,.stacked tr,.stacked td{display:block}.stacked tr{border-bottom:1px solid var(--line);padding:8px 0}.stacked td{border:0;padding:2px 0}.acts{text-align:left}}
`;
