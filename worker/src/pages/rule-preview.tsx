import { INCIDENT_KINDS, type IncidentKind } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { KIND_LABELS } from "../incidents/core/kind-labels.ts";
import type { Preview } from "../rules/core/preview.ts";
import { Moment } from "./moment.tsx";
import type { RulesKnown } from "./rules-page.tsx";

/** What was asked, and what would come of it; null where nothing was asked. */
export interface Previewed {
  kind: IncidentKind;
  host: string;
  service: string;
  /** What is wrong with the question. */
  fault: string | null;
  preview: Preview | null;
}

/** Who would be told, if something began now: by the very rules that decide. */
export function PreviewForm({ known, previewed }: { known: RulesKnown; previewed: Previewed }) {
  const services = [...new Set(known.services.map(({ name }) => name))];
  return (
    <section class="preview" id="who">
      <h2>Who would be told?</h2>
      <form method="get" action="/app/rules#who">
        <label>
          If this began now
          <select name="kind">
            {INCIDENT_KINDS.map((kind) => (
              <option value={kind} selected={kind === previewed.kind}>
                {KIND_LABELS[kind]}
              </option>
            ))}
          </select>
        </label>
        <label>
          on host
          <input {...{ name: "host", value: previewed.host, list: "known-hosts", autocomplete: "off" }} />
        </label>
        <label>
          of service
          <input {...{ name: "service", value: previewed.service, list: "known-services", autocomplete: "off" }} />
        </label>
        <button>Ask</button>
        <datalist id="known-hosts">
          {known.hosts.slice(0, 500).map(({ name }) => (
            <option value={name} />
          ))}
        </datalist>
        <datalist id="known-services">
          {services.slice(0, 500).map((name) => (
            <option value={name} />
          ))}
        </datalist>
      </form>
      {previewed.fault === null ? null : (
        <p class="fault" role="alert">
          {previewed.fault}
        </p>
      )}
      {previewed.preview === null ? null : <Answer preview={previewed.preview} />}
    </section>
  );
}

function Answer({ preview }: { preview: Preview }) {
  const { rule, severity, confirmMs, steps, reminderMs, silencedBy, maintainedBy } = preview;
  return (
    <div class="answer" role="status">
      <p>
        {rule === null ? "No rule fits, so the defaults hold" : `The rule “${rule}” decides`}: {severity}.{" "}
        {confirmMs === 0 ? "" : `It must stand ${durationWords(confirmMs)} first.`}
      </p>
      {steps.length === 0 ? <p>Nobody is told.</p> : null}
      <ol>
        {steps.map(({ afterMs, channels, isFallback }, i) => (
          <li>
            {i === 0 ? "At once: " : `After ${durationWords(afterMs)}, if nobody acknowledged it: `}
            <b>{channels.length === 0 ? "nobody, since no channel is on" : channels.join(", ")}</b>
            {isFallback ? " (its own channels are gone or off)" : ""}
          </li>
        ))}
      </ol>
      {steps.length === 0 || reminderMs === null ? null : <p>Said again every {durationWords(reminderMs)}.</p>}
      {silencedBy === null ? null : (
        <p class="maint">
          ▲ But not now: {silencedBy.byName} silenced it until <Moment ms={silencedBy.untilMs} />, “{silencedBy.reason}
          ”.
        </p>
      )}
      {maintainedBy === null ? null : (
        <p class="maint">
          ▲ But not now: it is in maintenance until <Moment ms={maintainedBy.untilMs} />, “{maintainedBy.title}”.
        </p>
      )}
    </div>
  );
}

export const PREVIEW_STYLES = `
.preview form{display:grid;grid-template-columns:repeat(3,1fr) auto;gap:0 12px;align-items:end}.preview form button{margin-bottom:12px;min-height:41px}.preview select,.preview input{height:41px}
.answer{background:var(--wash);border-radius:8px;padding:12px 16px}.answer p{margin:0 0 4px}.answer ol{margin:4px 0;padding-left:22px}.answer li{padding:2px 0}
@media (max-width:760px){.preview form{grid-template-columns:1fr 1fr}.preview form label:first-child{grid-column:1/-1}.preview form button{grid-column:1/-1;min-height:44px}}
`;
