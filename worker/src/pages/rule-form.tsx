import { SEVERITIES } from "../alerts/core/alert-types.ts";
import { NAME_LIMIT, type RuleFaults, STEPS, type TypedRule } from "../rules/core/wanted-rule.ts";
import { FAULTS, Field } from "./field.tsx";
import { MatcherFields } from "./matcher-fields.tsx";
import type { RulesKnown } from "./rules-page.tsx";

interface RuleFormProps {
  action: string;
  typed: TypedRule;
  faults: RuleFaults;
  known: RulesKnown;
  submit: string;
}

/** A rule: what it is about, how grave that is, and who is told when. Everything stays as it was typed, with what is wrong beside it. */
export function RuleForm({ action, typed, faults, known, submit }: RuleFormProps) {
  return (
    <form method="post" action={action} class="announce" id="rule">
      {Object.keys(faults).length === 0 ? null : (
        <p {...FAULTS}>Nothing was changed yet: something is to be mended below.</p>
      )}
      <Field name="name" label="Name" fault={faults.name}>
        <input
          {...{ id: "name", name: "name", required: true, maxlength: NAME_LIMIT, value: typed.name }}
          placeholder="Databases wake Berta"
        />
      </Field>
      <p class="soft">What it is about: all that is filled in must fit, of each list one name is enough.</p>
      <MatcherFields {...{ typed, faults, known }} />
      <Steps {...{ typed, faults, known }} />
      <div class="pair">
        <Field name="severity" label="How grave it is" fault={faults.severity}>
          <select id="severity" name="severity">
            <option value="">as its kind has it</option>
            {SEVERITIES.map((each) => (
              <option value={each} selected={each === typed.severity}>
                {each}
              </option>
            ))}
          </select>
        </Field>
        <Field
          name="confirm"
          label="It must stand first for"
          hint="Such as 30s or 5m; empty: not at all."
          fault={faults.confirm}
        >
          <input id="confirm" name="confirm" value={typed.confirm} autocomplete="off" />
        </Field>
        <Field
          name="reminder"
          label="Said again every"
          hint="Such as 1h, or never; empty: every 4 h where it is critical."
          fault={faults.reminder}
        >
          <input id="reminder" name="reminder" value={typed.reminder} autocomplete="off" />
        </Field>
        <Field name="group" label="Several of one host at once" fault={faults.group}>
          <select id="group" name="group">
            <option value="host">in one message</option>
            <option value="none" selected={typed.group === "none"}>
              in a message each
            </option>
          </select>
        </Field>
      </div>
      <button class="strong">{submit}</button>
    </form>
  );
}

/** Who is told, and who next if nobody acknowledges it. */
function Steps({ typed, faults, known }: Pick<RuleFormProps, "typed" | "faults" | "known">) {
  const rows = Array.from({ length: STEPS }, (_, i) => typed.steps[i] ?? { after: "", channels: [] });
  const steps = rows.map((row, i) => <StepFields {...{ ...row, i, fault: faults[`step${i}`], known }} />);
  // Those that are filled in; the first in any case.
  const shown = 1 + rows.findLastIndex(({ after, channels }, i) => i === 0 || after !== "" || channels.length > 0);
  return (
    <fieldset class="steps-of">
      <legend>Who is told</legend>
      <label class="check">
        <input type="radio" name="tell" value="these" checked={typed.tell !== "nobody"} /> These, one step after the
        other until somebody acknowledges it
      </label>
      {steps.slice(0, shown)}
      {shown === STEPS ? null : (
        <details>
          <summary>More steps</summary>
          {steps.slice(shown)}
        </details>
      )}
      <label class="check">
        <input type="radio" name="tell" value="nobody" checked={typed.tell === "nobody"} /> Nobody: it is recorded, and
        that is all
      </label>
      {faults.tell === undefined ? null : (
        <span class="out" data-fault="tell">
          {faults.tell}
        </span>
      )}
    </fieldset>
  );
}

interface StepProps extends Pick<RuleFormProps, "known"> {
  i: number;
  after: string;
  channels: string[];
  fault: string | undefined;
}

function StepFields({ i, after, channels, fault, known }: StepProps) {
  return (
    <div class="step">
      <Field name={`after${i}`} label={i === 0 ? "First after" : "Then after"} fault={fault}>
        <input
          {...{ id: `after${i}`, name: `after${i}`, value: after, autocomplete: "off" }}
          placeholder={i === 0 ? "0s" : "15m"}
        />
      </Field>
      <div>
        {[{ id: "all", name: "every channel" }, ...known.channels].map(({ id, name }) => (
          <label class="check">
            <input type="checkbox" name={`channels${i}`} value={id} checked={channels.includes(id)} /> {name}
          </label>
        ))}
      </div>
    </div>
  );
}

export const RULE_FORM_STYLES = `
.announce .pair{align-items:start}
.steps-of{max-width:none}.steps-of details .step:first-of-type{margin-top:6px}.steps-of summary{padding:8px 0 8px 24px;border-top:1px solid var(--line)}.step{display:grid;grid-template-columns:150px 1fr;gap:0 18px;padding:8px 0 4px 24px;border-top:1px solid var(--line)}.step>div{display:flex;flex-wrap:wrap;gap:2px 18px;align-content:center}.step .check{margin:0;padding:4px 0;color:var(--ink)}.steps-of>.check{color:var(--ink);margin:4px 0}
@media (max-width:760px){.steps-of summary{padding-left:0}.step{grid-template-columns:1fr;padding-left:0}.step .check{padding:9px 0}}
`;
