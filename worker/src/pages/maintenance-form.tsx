import type { Coverable } from "../maintenance/core/covered.ts";
import { REPEATS, type Repeats } from "../maintenance/core/recurrence.ts";
import { type Faults, NOTE_LIMIT, TITLE_LIMIT, type Typed } from "../maintenance/core/wanted.ts";
import { FAULTS, Field } from "./field.tsx";

interface FormProps {
  action: string;
  typed: Typed;
  faults: Faults;
  known: Coverable;
  submit: string;
  /** One that was announced once stays so: whoever wants it to come again announces that. */
  once?: boolean;
  /** The reader's own zone is put in place of the one that stands there. */
  guessZone?: boolean;
}

/** How it comes again, in the words of a person who chooses. */
const REPEAT_WORDS: Record<Repeats | "never", string> = {
  never: "once",
  daily: "every day",
  weekly: "every week, on the same weekday",
  fortnightly: "every two weeks, on the same weekday",
  "monthly-day": "every month, on the same day (the 31st: on the last)",
  "monthly-weekday": "every month, on the same weekday (such as the second Tuesday; the fifth: the last)",
};

export const NOTHING_TYPED: Typed = {
  ...{ title: "", note: "", starts: "", ends: "", zone: "UTC", repeats: "never", until: "", what: "all", covers: "" },
};

/** What is announced: everything stays as it was typed, with what is wrong beside it. */
export function MaintenanceForm({ action, typed, faults, known, submit, once, guessZone }: FormProps) {
  return (
    <form method="post" action={action} class="announce">
      {Object.keys(faults).length === 0 ? null : (
        <p {...FAULTS}>
          Nothing was announced or changed yet: {Object.keys(faults).length === 1 ? "one thing is" : "some things are"}{" "}
          to be mended below.
        </p>
      )}
      <Field name="title" label="Title, which the public reads" fault={faults.title}>
        <input
          id="title"
          name="title"
          required
          maxlength={TITLE_LIMIT}
          value={typed.title}
          placeholder="A larger disk"
        />
      </Field>
      <Field name="note" label="What the public should know" hint="May be left empty." fault={faults.note}>
        <textarea id="note" name="note" rows={2} maxlength={NOTE_LIMIT}>
          {typed.note}
        </textarea>
      </Field>
      <div class="pair">
        <Field name="starts" label="Starts" fault={faults.starts}>
          <input id="starts" type="datetime-local" name="starts" required value={typed.starts} />
        </Field>
        <Field name="ends" label="Ends" fault={faults.ends}>
          <input id="ends" type="datetime-local" name="ends" required value={typed.ends} />
        </Field>
      </div>
      <Field name="zone" label="By the clocks of" hint="A time zone, such as UTC or Europe/Berlin." fault={faults.zone}>
        <input
          {...{ id: "zone", name: "zone", required: true, list: "zones", value: typed.zone, autocomplete: "off" }}
          {...(guessZone === true ? { "data-guess-zone": "" } : {})}
        />
      </Field>
      <datalist id="zones">
        <option value="UTC" />
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option value={zone} />
        ))}
      </datalist>
      {once === true ? null : <Again {...{ typed, faults }} />}
      <Covers {...{ typed, faults, known }} />
      <button class="strong">{submit}</button>
    </form>
  );
}

function Again({ typed, faults }: Pick<FormProps, "typed" | "faults">) {
  return (
    <div class="pair">
      <Field name="repeats" label="It comes" fault={faults.repeats}>
        <select id="repeats" name="repeats">
          {(["never", ...REPEATS] as const).map((each) => (
            <option value={each} selected={each === typed.repeats}>
              {REPEAT_WORDS[each]}
            </option>
          ))}
        </select>
      </Field>
      <Field name="until" label="Its last day, if it comes again" hint="Empty: it has none." fault={faults.until}>
        <input id="until" type="date" name="until" value={typed.until} />
      </Field>
    </div>
  );
}

function Covers({ typed, faults, known }: Pick<FormProps, "typed" | "faults" | "known">) {
  return (
    <fieldset>
      <legend>What is worked on</legend>
      <label class="check">
        <input type="radio" name="what" value="all" checked={typed.what !== "chosen"} /> Everything
      </label>
      <label class="check">
        <input type="radio" name="what" value="chosen" checked={typed.what === "chosen"} /> Only this:
      </label>
      <Field name="covers" label="A host, host/service or tag:name a line" fault={faults.covers}>
        <textarea id="covers" name="covers" rows={3} spellcheck={false} placeholder={"web-1\nweb-2/api"}>
          {typed.covers}
        </textarea>
      </Field>
      <Names known={known} />
    </fieldset>
  );
}

/** Names that may be written: with JavaScript, a press writes one. */
const SHOWN_NAMES = 60;

function Names({ known: { hosts, services } }: Pick<FormProps, "known">) {
  const tags = [...new Set(hosts.flatMap((host) => host.tags))].map((tag) => `tag:${tag}`);
  const names = [
    ...tags,
    ...hosts.flatMap((host) => [
      host.name,
      ...services.filter(({ hostId }) => hostId === host.id).map(({ name }) => `${host.name}/${name}`),
    ]),
  ];
  if (names.length === 0) return null;
  return (
    <details>
      <summary>What there is</summary>
      <p class="names" data-names>
        {names.slice(0, SHOWN_NAMES).map((name) => (
          <code>{name}</code>
        ))}
        {names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : ""}
      </p>
    </details>
  );
}

/** The reader's own zone, and names that are written by a press. */
export const FORM_SCRIPT = `const z=document.querySelector("[data-guess-zone]");
if(z)z.value=Intl.DateTimeFormat().resolvedOptions().timeZone||z.value;
const t=document.querySelector("#covers");
if(t)for(const c of document.querySelectorAll("[data-names] code")){const b=document.createElement("button");b.type="button";b.className="quiet";b.textContent=c.textContent;
b.onclick=()=>{t.value=(t.value.trim()+"\\n"+c.textContent).trim();document.querySelector("[name=what][value=chosen]").checked=true};c.replaceWith(b)}
if(t)t.oninput=()=>{document.querySelector("[name=what][value=chosen]").checked=true};`;

export const FORM_STYLES = `
.announce{margin:0}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,420px));gap:0 20px}fieldset{border:1px solid var(--line);border-radius:10px;margin:0 0 16px;padding:10px 16px;max-width:620px}legend{color:var(--soft);padding:0 6px}
summary{cursor:pointer;color:var(--soft)}.names{display:flex;flex-wrap:wrap;gap:6px}.names button{min-height:28px;padding:1px 8px;font:13px ui-monospace,monospace}
@media (max-width:760px){.pair{grid-template-columns:1fr}}
`;
