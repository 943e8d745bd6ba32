import { INCIDENT_KINDS, type Role } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { raw } from "hono/html";
import type { IncidentLine, IncidentsRead, IncidentsWanted } from "../incidents/read-incidents.ts";
import { KIND_LABELS } from "../incidents/core/kind-labels.ts";
import { isCalm } from "./marks.tsx";
import { Moment, MOMENT_SCRIPT } from "./moment.tsx";
import { Shell } from "./shell.tsx";

interface IncidentsPageProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  wanted: IncidentsWanted;
  read: IncidentsRead;
  nowMs: number;
}

/** What was and is wrong, the newest first. */
export function IncidentsPage({ nonce, organization, person, role, wanted, read, nowMs }: IncidentsPageProps) {
  const { lines, before, lookedBackToMs } = read;
  return (
    <Shell at="Incidents" title="Incidents" {...{ nonce, organization, person, role }} moreStyles={STYLES}>
      <section class="narrow">
        <h1>{sentenceOf(wanted, read)}</h1>
        <Filter wanted={wanted} />
        {lines.length === 0 ? null : (
          <ul class="incidents">
            {lines.map((line) => (
              <Line {...{ line, nowMs }} />
            ))}
          </ul>
        )}
        {before === null || lookedBackToMs === null ? null : (
          <p>
            <span class="soft">
              Looked back to <Moment ms={lookedBackToMs} />.
            </span>{" "}
            <a href={addressOf({ ...wanted, before })} rel="next">
              Older ones
            </a>
          </p>
        )}
        <p class="soft">
          <a href={addressOf(wanted, ".json")}>The same as JSON</a>
        </p>
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

function sentenceOf({ state, kind, host, service, before }: IncidentsWanted, { lines }: IncidentsRead): string {
  const narrowed = kind !== null || host !== "" || service !== "";
  if (lines.length === 0) {
    if (before !== "") return "No older incidents";
    if (narrowed) return "No incident like that";
    return state === "open" ? "Nothing is wrong" : "There was no incident yet";
  }
  const open = lines.filter(({ closedMs }) => closedMs === null).length;
  if (open === 0)
    return before === "" && state !== "over" && !narrowed ? "Nothing is wrong" : "Incidents that are over";
  return `${open} ${open === 1 ? "incident is" : "incidents are"} open`;
}

const STATE_WORDS = { all: "open and over", open: "open", over: "over" };

function Filter({ wanted }: { wanted: IncidentsWanted }) {
  return (
    <form method="get" action="/app/incidents" class="filters">
      <label>
        Which
        <select name="state">
          {(["all", "open", "over"] as const).map((state) => (
            <option value={state} selected={state === wanted.state}>
              {STATE_WORDS[state]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Kind
        <select name="kind">
          <option value="">any</option>
          {INCIDENT_KINDS.map((kind) => (
            <option value={kind} selected={kind === wanted.kind}>
              {KIND_LABELS[kind]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Host
        <input name="host" value={wanted.host} placeholder="any" maxlength={255} autocomplete="off" />
      </label>
      <label>
        Service
        <input name="service" value={wanted.service} placeholder="any" maxlength={255} autocomplete="off" />
      </label>
      <button>Show</button>
    </form>
  );
}

function Line({ line, nowMs }: { line: IncidentLine; nowMs: number }) {
  const { id, kind, title, cause, openedMs, closedMs } = line;
  const tone = closedMs !== null ? "none" : isCalm(kind) ? "deg" : "out";
  return (
    <li data-incident={kind} data-open={closedMs === null ? "yes" : "no"}>
      <span class={tone} aria-hidden="true">
        {closedMs !== null ? "●" : isCalm(kind) ? "◐" : "■"}
      </span>
      <div>
        <a href={`/app/incident/${id}`}>{title}</a>
        <small>{cause}</small>
        <small>
          {kind === "command-failed" ? "" : `${spanWords(openedMs, closedMs, nowMs)} · since `}
          <Moment ms={openedMs} />
        </small>
      </div>
    </li>
  );
}

function spanWords(openedMs: number, closedMs: number | null, nowMs: number): string {
  return `${closedMs === null ? "open for" : "over, it lasted"} ${durationWords((closedMs ?? nowMs) - openedMs)}`;
}

function addressOf({ state, kind, host, service, before }: IncidentsWanted, ending = ""): string {
  const said = Object.entries({ state: state === "all" ? "" : state, kind: kind ?? "", host, service, before });
  const query = new URLSearchParams(said.filter(([, value]) => value !== "")).toString();
  return `/app/incidents${ending}${query === "" ? "" : `?${query}`}`;
}

const STYLES = `
.filters{display:grid;grid-template-columns:repeat(2,1fr) repeat(2,1fr) auto;gap:0 12px;align-items:end}.filters input,.filters select{height:41px}.filters button{margin-bottom:12px;min-height:41px}
.incidents{list-style:none;margin:0 0 16px;padding:0}.incidents li{display:grid;grid-template-columns:18px 1fr;gap:0 10px;padding:10px 0;border-top:1px solid var(--line)}.incidents small{display:block}.incidents a{font-weight:600;text-decoration:none;overflow-wrap:anywhere}.incidents a:hover{text-decoration:underline}
@media (max-width:760px){.filters{grid-template-columns:1fr 1fr}.filters button{grid-column:1/-1;min-height:44px}.incidents a{display:inline-block;padding:4px 0}}
`;
