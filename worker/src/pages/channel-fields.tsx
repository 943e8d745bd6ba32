import type { AnyKind, Field } from "../channels/channel-kind.ts";
import { lastFour } from "../channels/channel-store.ts";
import type { TypedChannel } from "../api/channel-form.ts";
import { FAULTS } from "./field.tsx";

interface FieldsProps {
  kind: AnyKind;
  /** What was typed, where something was wrong with it. */
  typed: TypedChannel;
  faults: Record<string, string>;
  /** What is stored; missing in a new form. Of secrets only the end is shown. */
  stored?: { name: string; values: Record<string, unknown> };
}

/** Name and settings of one kind. Everything stays as it was typed, with what is wrong beside it. */
export function ChannelFields({ kind, typed, faults, stored }: FieldsProps) {
  const name: Field = { name: "name", label: "Name", type: "text", required: true, placeholder: "On call" };
  return (
    <>
      {Object.keys(faults).length === 0 ? null : (
        <p {...FAULTS}>
          Nothing was changed yet: {Object.keys(faults).length === 1 ? "one thing is" : "some things are"} to be mended
          below.
        </p>
      )}
      <Labelled {...{ field: name, value: typed["name"] ?? stored?.name ?? "", fault: faults["name"], kept: null }} />
      {kind.fields.map((field) => {
        const value = stored?.values[field.name];
        const isSecret = kind.secrets.includes(field.name);
        const kept = isSecret && value !== undefined ? lastFour(value) : null;
        const shown = isSecret || typeof value !== "string" ? "" : value;
        const text = isSecret ? "" : (typed[field.name] ?? (stored === undefined ? (field.initial ?? "") : shown));
        return <Labelled {...{ field, value: text, fault: faults[field.name], kept }} />;
      })}
    </>
  );
}

interface LabelledProps {
  field: Field;
  value: string;
  fault: string | undefined;
  /** The end of a secret that stays where the field is left empty. */
  kept: string | null;
}

function Labelled({ field, value, fault, kept }: LabelledProps) {
  const { name, label, type, required, placeholder, help } = field;
  const id = `channel-${name}`;
  const described = fault === undefined ? {} : { "aria-invalid": true, "aria-describedby": `${id}-fault` };
  const common = { id, name, required: required && kept === null, ...described };
  return (
    <label for={id} class={fault === undefined ? "" : "wrong"}>
      {label}
      {type === "textarea" ? (
        <textarea {...common} rows={4} spellcheck={false} placeholder={placeholder}>
          {value}
        </textarea>
      ) : (
        <input
          {...{
            ...common,
            type,
            value,
            autocomplete: "off",
            placeholder: kept === null ? placeholder : `${kept} (as it is)`,
          }}
        />
      )}
      {kept === null ? null : <small>Ends in {kept}. Leave it empty to keep it; it is not shown.</small>}
      {help === undefined ? null : <small>{help}</small>}
      {fault === undefined ? null : (
        <span class="out" id={`${id}-fault`}>
          {fault}
        </span>
      )}
    </label>
  );
}

export const CHANNEL_STYLES = `
.channels{list-style:none;margin:12px 0 16px;padding:0}.channels li{display:flex;justify-content:space-between;gap:4px 16px;padding:10px 0;border-top:1px solid var(--line)}.channels li>span{white-space:nowrap}.channels a{font-weight:600;text-decoration:none}.channels a:hover{text-decoration:underline}.channels small{display:block}
textarea{font:13px/1.55 ui-monospace,Menlo,monospace}
.kinds{display:flex;flex-wrap:wrap;gap:8px;padding:0;margin:10px 0;list-style:none}.kinds a{display:inline-block;border:1px solid var(--line);background:var(--card);border-radius:7px;padding:5px 12px;text-decoration:none}.kinds a:hover{border-color:var(--soft)}
.acts{display:flex;flex-wrap:wrap;gap:8px;margin:14px 0}.acts form{margin:0}.acts summary{cursor:pointer;color:var(--soft);padding:5px 4px;min-height:34px}.acts details[open]{flex-basis:100%}
.heard{border-left:4px solid var(--up)}.unheard{border-left:4px solid var(--out)}.told{background:var(--card);border-radius:8px;padding:10px 14px;margin:12px 0}.told p{margin:0 0 4px}.told pre{margin:8px 0 2px;white-space:pre-wrap;overflow-wrap:anywhere}
@media (max-width:760px){.kinds a{padding:10px 16px}.acts summary{padding:10px 4px}}
`;
