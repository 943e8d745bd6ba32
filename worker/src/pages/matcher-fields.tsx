import { INCIDENT_KINDS } from "@afloat/shared/domain";
import { KIND_LABELS } from "../incidents/core/kind-labels.ts";
import type { KnownHosts, TypedMatcher } from "../matchers/core/typed-matcher.ts";
import { Field } from "./field.tsx";

interface MatcherFieldsProps {
  typed: TypedMatcher;
  faults: Partial<Record<keyof TypedMatcher, string>>;
  known: KnownHosts & { services: readonly { name: string }[] };
}

/** What something is about: all that is filled in must fit, and of each one name is enough. */
export function MatcherFields({ typed, faults, known }: MatcherFieldsProps) {
  const tags = [...new Set(known.hosts.flatMap((host) => host.tags))];
  const services = [...new Set(known.services.map(({ name }) => name))];
  return (
    <>
      <fieldset class="kinds">
        <legend>Kinds; none ticked means any</legend>
        {INCIDENT_KINDS.map((kind) => (
          <label class="check">
            <input type="checkbox" name="kinds" value={kind} checked={typed.kinds.includes(kind)} /> {KIND_LABELS[kind]}
          </label>
        ))}
        {faults.kinds === undefined ? null : <span class="out">{faults.kinds}</span>}
      </fieldset>
      <div class="three">
        <Names {...{ name: "hosts", label: "Hosts", typed, faults, there: known.hosts.map(({ name }) => name) }} />
        <Names {...{ name: "services", label: "Services", typed, faults, there: services }} />
        <Names {...{ name: "tags", label: "Tags of hosts", typed, faults, there: tags }} />
      </div>
    </>
  );
}

const SHOWN = 3;

interface NamesProps extends Omit<MatcherFieldsProps, "known"> {
  name: "hosts" | "services" | "tags";
  label: string;
  /** What could be written. */
  there: string[];
}

function Names({ name, label, typed, faults, there }: NamesProps) {
  const some = there.slice(0, SHOWN).join(", ");
  const such = some === "" ? "" : `, such as ${some}${there.length > SHOWN ? ", …" : ""}`;
  return (
    <Field name={name} label={label} hint={`One a line${such}; empty means any.`} fault={faults[name]}>
      <textarea id={name} name={name} rows={3} spellcheck={false}>
        {typed[name]}
      </textarea>
    </Field>
  );
}

export const MATCHER_STYLES = `
fieldset.kinds{display:grid;grid-template-columns:repeat(2,1fr);gap:0 16px;max-width:none}.kinds label{margin:0;padding:4px 0;color:var(--ink)}.kinds .out{grid-column:1/-1}
.three{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:0 16px}.three small{overflow-wrap:anywhere}
@media (max-width:760px){.three{grid-template-columns:1fr}.kinds label{padding:9px 0}}
@media (max-width:480px){fieldset.kinds{grid-template-columns:1fr}}
`;
