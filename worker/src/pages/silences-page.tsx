import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import type { Matcher } from "../alerts/core/alert-types.ts";
import type { Coverable } from "../maintenance/core/covered.ts";
import { matcherWords } from "../matchers/core/typed-matcher.ts";
import { REASON_LIMIT, type SilenceFaults, type TypedSilence } from "../silences/core/wanted-silence.ts";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { FAULTS, Field } from "./field.tsx";
import { FORM_STYLES } from "./maintenance-form.tsx";
import { MATCHER_STYLES, MatcherFields } from "./matcher-fields.tsx";
import { Moment, MOMENT_SCRIPT } from "./moment.tsx";
import { Shell } from "./shell.tsx";

/** A silence in the list. */
export interface SilenceLine {
  id: string;
  match: Matcher;
  reason: string;
  byName: string;
  fromMs: number;
  untilMs: number;
}

interface SilencesPageProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  silences: SilenceLine[];
  known: Coverable;
  nowMs: number;
  typed: TypedSilence;
  faults: SilenceFaults;
  /** Of which incident the form was filled in; null where of none. */
  from: { id: string; title: string } | null;
  mayEdit: boolean;
  /** Alerting could not be told just now. */
  untold: boolean;
}

/** What nobody is told of for a while, why, and who said so. */
export function SilencesPage(props: SilencesPageProps) {
  const { nonce, organization, person, role, silences, known, nowMs, typed, faults, from, mayEdit, untold } = props;
  const holding = silences.filter(({ untilMs }) => untilMs > nowMs);
  const past = silences.filter(({ untilMs }) => untilMs <= nowMs);
  return (
    <Shell at="Alerts" title="Silences" {...{ nonce, organization, person, role }} moreStyles={SILENCES_STYLES}>
      <section class="narrow">
        <AlertsNav role={role} at="/app/silences" />
        <h1>{sentenceOf(holding, known)}</h1>
        <p class="soft">
          While it is silenced nobody is told, and the incident is recorded all the same. What stands still when the
          silence ends is told then. For work that was announced there is <a href="/app/maintenance">maintenance</a>.
        </p>
        {untold ? (
          <p class="fault" role="status">
            It is written down. What decides about alerts could not be reached just now and learns of it within a
            minute.
          </p>
        ) : null}
        <List {...{ silences: holding, known, mayEdit, holds: true }} />
        {mayEdit ? <SilenceForm {...{ typed, faults, known, from }} /> : null}
        {past.length === 0 ? null : (
          <>
            <h2>Over</h2>
            <List {...{ silences: past, known, mayEdit: false, holds: false }} />
          </>
        )}
        <p class="soft">
          <a href="/app/silences.json">The same as JSON</a>
        </p>
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

function sentenceOf(holding: readonly SilenceLine[], known: Coverable): string {
  const [first] = holding;
  if (first === undefined) return "Nothing is silenced";
  return holding.length === 1 ? `Silenced: ${matcherWords(first.match, known)}` : `${holding.length} silences hold`;
}

function List({
  silences,
  known,
  mayEdit,
  holds,
}: Pick<SilencesPageProps, "silences" | "known" | "mayEdit"> & { holds: boolean }) {
  if (silences.length === 0) return null;
  return (
    <ul class="lines">
      {silences.map(({ id, match, reason, byName, fromMs, untilMs }) => (
        <li data-silence={reason} data-holds={holds ? "yes" : "no"}>
          <span class={holds ? "maint" : "none"} aria-hidden="true">
            {holds ? "▲" : "○"}
          </span>
          <div>
            <b>{matcherWords(match, known)}</b>
            <small>
              {byName}: {reason}
            </small>
            <small>
              {holds ? "since " : "from "}
              <Moment ms={fromMs} />
              {holds ? ", until " : " to "}
              <Moment ms={untilMs} />
            </small>
          </div>
          {mayEdit ? (
            <form method="post" action={`/app/silences/${id}/end`}>
              <button aria-label={`End the silence of ${matcherWords(match, known)}: what stands is told`}>
                End now
              </button>
            </form>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

type FormProps = Pick<SilencesPageProps, "typed" | "faults" | "known" | "from">;

function SilenceForm({ typed, faults, known, from }: FormProps) {
  const isWrong = Object.keys(faults).length > 0;
  return (
    <form method="post" action="/app/silences" class="announce" id="silence">
      <h2>{from === null ? "Silence something" : `Silence: ${from.title}`}</h2>
      {isWrong ? <p {...FAULTS}>Nothing is silenced yet: something is to be mended below.</p> : null}
      <Field name="reason" label="Why" fault={faults.reason}>
        <input {...{ id: "reason", name: "reason", required: true, maxlength: REASON_LIMIT, value: typed.reason }} />
      </Field>
      <Field name="lasts" label="For how long" hint="Such as 30m, 2h or 1d." fault={faults.lasts}>
        <input
          {...{ id: "lasts", name: "lasts", required: true, list: "lengths", value: typed.lasts, autocomplete: "off" }}
        />
      </Field>
      <datalist id="lengths">
        {["30m", "1h", "2h", "4h", "8h", "1d", "7d"].map((length) => (
          <option value={length} />
        ))}
      </datalist>
      <p class="soft">All that is filled in must fit; of each list one name is enough.</p>
      <MatcherFields {...{ typed, faults, known }} />
      <label class={`check${faults.everything === undefined ? "" : " wrong"}`}>
        <input type="checkbox" name="everything" checked={typed.everything === "on"} /> Everything: nothing is chosen
        above
      </label>
      {faults.everything === undefined ? null : (
        <p class="out" data-fault="everything">
          {faults.everything}
        </p>
      )}
      <button class="strong">Silence it</button>
    </form>
  );
}

const SILENCES_STYLES = FORM_STYLES + MATCHER_STYLES + ALERTS_NAV_STYLES;
