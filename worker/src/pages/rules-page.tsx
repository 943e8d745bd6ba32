import type { Role } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import type { AlertChannel, Rule } from "../alerts/core/alert-types.ts";
import { REMINDER_MS } from "../alerts/core/rules.ts";
import type { Coverable } from "../maintenance/core/covered.ts";
import { matcherWords } from "../matchers/core/typed-matcher.ts";
import { stepWords } from "../rules/core/rule-words.ts";
import type { RuleFaults, TypedRule } from "../rules/core/wanted-rule.ts";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { FORM_STYLES } from "./maintenance-form.tsx";
import { MATCHER_STYLES } from "./matcher-fields.tsx";
import { PREVIEW_STYLES, PreviewForm, type Previewed } from "./rule-preview.tsx";
import { RULE_FORM_STYLES, RuleForm } from "./rule-form.tsx";
import { Shell } from "./shell.tsx";

/** What a rule may name. */
export type RulesKnown = Coverable & { channels: AlertChannel[] };

interface Who {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  known: RulesKnown;
}

interface RulesPageProps extends Who {
  rules: Rule[];
  typed: TypedRule;
  faults: RuleFaults;
  previewed: Previewed;
  mayEdit: boolean;
  untold: boolean;
}

/** Who is told of what, in the order in which rules are tried. */
export function RulesPage(props: RulesPageProps) {
  const { nonce, organization, person, role, known, rules, typed, faults, previewed, mayEdit, untold } = props;
  return (
    <Shell at="Alerts" title="Rules" {...{ nonce, organization, person, role }} moreStyles={RULES_STYLES}>
      <section class="narrow">
        <AlertsNav role={role} at="/app/rules" />
        <h1>{sentenceOf(props)}</h1>
        <p class="soft">
          The first rule that fits decides. Where none fits, every channel is told at once, as grave as its kind is;
          what is critical is said again every {durationWords(REMINDER_MS)} until somebody acknowledges it.
        </p>
        {untold ? (
          <p class="fault" role="status">
            It is written down. What decides about alerts could not be reached just now and learns of it within a
            minute.
          </p>
        ) : null}
        <List {...{ rules, known, mayEdit }} />
        <PreviewForm {...{ known, previewed }} />
        {mayEdit ? (
          <>
            <h2>Add a rule</h2>
            <RuleForm {...{ typed, faults, known }} action="/app/rules" submit="Add it" />
          </>
        ) : null}
        <p class="soft">
          <a href="/app/rules.json">The same as JSON</a>
        </p>
      </section>
    </Shell>
  );
}

function sentenceOf({ rules, known }: RulesPageProps): string {
  if (rules.length > 0) return "Who is told of what";
  return known.channels.length === 0
    ? "Nobody is told: there is no channel yet"
    : "Every channel is told of everything";
}

interface EditProps extends Who {
  id: string;
  typed: TypedRule;
  faults: RuleFaults;
}

/** Changing a rule. */
export function EditRulePage({ nonce, organization, person, role, known, id, typed, faults }: EditProps) {
  return (
    <Shell at="Alerts" title="Change a rule" {...{ nonce, organization, person, role }} moreStyles={RULES_STYLES}>
      <section class="narrow">
        <AlertsNav role={role} at="/app/rules" />
        <h1>{typed.name.trim() === "" ? "Change a rule" : `Change: ${typed.name}`}</h1>
        <p class="soft">
          What is open and not told yet goes by it at once. <a href="/app/rules">Leave it</a>
        </p>
        <RuleForm {...{ typed, faults, known }} action={`/app/rules/${id}`} submit="Change it" />
      </section>
    </Shell>
  );
}

function List({ rules, known, mayEdit }: Pick<RulesPageProps, "rules" | "known" | "mayEdit">) {
  if (rules.length === 0) return null;
  return (
    <ol class="rules">
      {rules.map((rule, i) => (
        <li data-rule={rule.name}>
          <div class="row">
            <div>
              <b>{rule.name}</b>
              <small>
                {matcherWords(rule.match, known)}
                {rule.severity === null ? "" : ` · ${rule.severity}`}
                {rule.confirmMs === 0 ? "" : ` · once it stood ${durationWords(rule.confirmMs)}`}
              </small>
              <small>{stepWords(rule, known.channels)}</small>
            </div>
            {mayEdit ? <Acts {...{ rule, isFirst: i === 0, isLast: i === rules.length - 1 }} /> : null}
          </div>
        </li>
      ))}
    </ol>
  );
}

function Acts({ rule: { id, name }, isFirst, isLast }: { rule: Rule; isFirst: boolean; isLast: boolean }) {
  return (
    <div class="acts">
      <form method="post" action={`/app/rules/${id}/move`}>
        <button
          {...{ name: "to", value: "up", class: "quiet", disabled: isFirst, "aria-label": `${name}: tried earlier` }}
        >
          ↑
        </button>
        <button
          {...{ name: "to", value: "down", class: "quiet", disabled: isLast, "aria-label": `${name}: tried later` }}
        >
          ↓
        </button>
      </form>
      <a href={`/app/rules/${id}`} aria-label={`Change ${name}`}>
        Change
      </a>
      <form method="post" action={`/app/rules/${id}/remove`}>
        <button class="quiet" aria-label={`Remove ${name}: the rules after it decide`}>
          Remove
        </button>
      </form>
    </div>
  );
}

const RULES_STYLES = `${FORM_STYLES}${MATCHER_STYLES}${ALERTS_NAV_STYLES}${RULE_FORM_STYLES}${PREVIEW_STYLES}
.rules{margin:0 0 20px;padding:0 0 0 26px}.rules li{padding:10px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}.rules li::marker{color:var(--soft)}.rules small{display:block}
.rules .row{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:start}.rules .row>div:first-child{flex:1 1 300px}
.rules .acts{display:flex;flex-wrap:wrap;gap:8px;align-items:center}.rules .acts form{margin:0;display:flex;gap:4px}button[disabled]{opacity:.4;cursor:default}
@media (max-width:760px){.rules button{min-width:44px}.rules .acts a{padding:11px 0}}
`;
