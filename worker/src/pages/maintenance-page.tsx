import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import type { maintenance, maintenanceSeries } from "../db/maintenance-schema.ts";
import type { Coverable } from "../maintenance/core/covered.ts";
import { standingOf } from "../maintenance/core/maintenance.ts";
import type { Faults, Typed } from "../maintenance/core/wanted.ts";
import type { HiddenTrouble } from "../maintenance/hidden-trouble.ts";
import { HIDDEN_STYLES, HiddenTroubles } from "./hidden-troubles.tsx";
import { FORM_SCRIPT, FORM_STYLES, MaintenanceForm, NOTHING_TYPED } from "./maintenance-form.tsx";
import { MaintenanceSeries, MaintenanceTimes, TABLE_STYLES } from "./maintenance-tables.tsx";
import { MOMENT_SCRIPT } from "./moment.tsx";
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
  /** What had been recorded in the time of what was announced just now. */
  hidden: readonly HiddenTrouble[];
}

/** Of a series so many times to come are shown. */
const SHOWN_OF_SERIES = 3;

/** What is being worked on, and when: announced to the public, and no alarm meanwhile. */
export function MaintenancePage(props: PageProps) {
  const { nonce, organization, person, role, rows, series, known, nowMs, typed, faults, mayEdit } = props;
  const now = rows.filter((row) => standingOf(row, nowMs) === "running");
  const ahead = nextOfEach(rows.filter((row) => standingOf(row, nowMs) === "upcoming"));
  const past = rows.filter((row) => standingOf(row, nowMs) === "over").toReversed();
  return (
    <Shell
      at="Maintenance"
      title="Maintenance"
      {...{ nonce, organization, person, role }}
      moreStyles={FORM_STYLES + TABLE_STYLES + HIDDEN_STYLES}
    >
      <section class="narrow">
        <h1>{sentenceOf(now, ahead, nowMs)}</h1>
        <p class="soft">
          While a host or service is worked on, the status page says so, nobody is told of its silence or its trouble,
          and the time counts neither as up nor as down. What is not well when it ends is told then.
        </p>
        {props.untold ? (
          <p class="fault" role="status">
            It is announced. What decides about alarms could not be reached just now and learns of it within five
            minutes.
          </p>
        ) : null}
        <HiddenTroubles hidden={props.hidden} />
        <MaintenanceTimes rows={[...now, ...ahead]} {...{ known, nowMs, mayEdit }} />
        {series.length === 0 ? null : <MaintenanceSeries {...{ series, known, mayEdit }} />}
        {mayEdit ? (
          <>
            <h2 id="announce">Announce maintenance</h2>
            <MaintenanceForm
              action="/app/maintenance"
              submit="Announce"
              guessZone={typed === null}
              {...{ typed: typed ?? { ...NOTHING_TYPED, zone: usualZone(rows) }, faults, known }}
            />
          </>
        ) : null}
        {past.length === 0 ? null : (
          <>
            <h2>Over</h2>
            <MaintenanceTimes rows={past.slice(0, 50)} {...{ known, nowMs, mayEdit }} />
          </>
        )}
        <p class="soft">
          <a href="/app/maintenance.json">The same as JSON</a>
        </p>
      </section>
      <script nonce={nonce}>{raw(FORM_SCRIPT + MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

/** By whose clocks they announced last. */
function usualZone(rows: readonly Row[]): string {
  const [newest] = rows.toSorted((a, b) => b.createdMs - a.createdMs);
  return newest?.timeZone ?? NOTHING_TYPED.zone;
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
    <Shell
      at="Maintenance"
      title="Change maintenance"
      {...{ nonce, organization, person, role }}
      moreStyles={FORM_STYLES + TABLE_STYLES}
    >
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
