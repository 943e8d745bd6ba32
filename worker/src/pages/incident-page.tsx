import type { Role } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { runbookTopicOfIncident } from "@afloat/shared/core/runbook";
import { raw } from "hono/html";
import type { TimelineEntry } from "../incidents/core/timeline-types.ts";
import type { IncidentRead } from "../incidents/read-incident.ts";
import { Timeline, TIMELINE_STYLES } from "./incident/timeline.tsx";
import { isCalm } from "./marks.tsx";
import { Moment, MOMENT_SCRIPT } from "./moment.tsx";
import { Shell } from "./shell.tsx";

interface IncidentPageProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  read: IncidentRead;
  timeline: TimelineEntry[];
  nowMs: number;
}

/** One incident: what is wrong and since when in the first line, then all that is known of it, in order. */
export function IncidentPage({ nonce, organization, person, role, read, timeline, nowMs }: IncidentPageProps) {
  const { incident } = read;
  const isOpen = incident.closedMs === null;
  const title = isOpen ? incident.title : `Over: ${incident.title}`;
  return (
    <Shell title={title} {...{ nonce, organization, person, role }} moreStyles={STYLES + TIMELINE_STYLES}>
      <section class="narrow">
        <div id="live" data-open={isOpen ? "yes" : "no"}>
          <Head {...{ read, nowMs }} />
          <Seen read={read} />
          <h2>What happened</h2>
          <Timeline entries={timeline} openedMs={incident.openedMs} />
        </div>
        <p class="soft">
          <span id="as-of">
            As of <Moment ms={nowMs} />
          </span>
          {isOpen ? <span id="live-words">; load the page again to see what is new</span> : null} ·{" "}
          <a href={`/app/incident/${incident.id}.json`}>the same as JSON</a> ·{" "}
          <a href="/app/incidents">all incidents</a>
        </p>
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT + (isOpen ? LIVE_SCRIPT : ""))}</script>
    </Shell>
  );
}

/** For a link to one that is kept no more. */
export function NoIncidentPage(props: Pick<IncidentPageProps, "nonce" | "organization" | "person" | "role">) {
  return (
    <Shell title="No such incident" {...props}>
      <section class="narrow">
        <h1>There is no such incident here</h1>
        <p>
          It may be older than incidents are kept, or belong to another organization.{" "}
          <a href="/app/incidents">All incidents that there are</a>.
        </p>
      </section>
    </Shell>
  );
}

function Head({ read: { incident, host, service }, nowMs }: Pick<IncidentPageProps, "read" | "nowMs">) {
  const { openedMs, closedMs, kind, cause, evidence } = incident;
  const tone = closedMs !== null ? "up" : isCalm(kind) ? "deg" : "out";
  const topic = runbookTopicOfIncident(kind, evidence.causeCode);
  return (
    <>
      <h1>
        <span class={tone} aria-hidden="true">
          {closedMs !== null ? "●" : isCalm(kind) ? "◐" : "■"}
        </span>{" "}
        {closedMs === null ? "" : "Over: "}
        {incident.title}
        <span class="cause">: {cause}</span>
      </h1>
      <p class="facts">
        {closedMs === null ? (
          <>
            for <b>{durationWords(nowMs - openedMs)}</b>, since <Moment ms={openedMs} />
          </>
        ) : (
          <>
            it lasted <b>{durationWords(closedMs - openedMs)}</b>, from <Moment ms={openedMs} /> to{" "}
            <Moment ms={closedMs} />
          </>
        )}
        {" · "}
        {host === null || host.revokedMs !== null ? (
          "its host was removed"
        ) : (
          <>
            host <a href={`/app#host-${host.id}`}>{host.name}</a>
          </>
        )}
        {service === null || service.removedMs !== null ? null : (
          <>
            {" · service "}
            <a href={`/app#service-${service.id}`}>{service.snapshot.name}</a>
          </>
        )}
        {" · "}
        <a href={`/runbook#${topic}`} target="_blank" rel="noopener">
          what to do
        </a>
      </p>
    </>
  );
}

/** The evidence that a person looks for first: what it said last, how it ended, which hosts. */
function Seen({ read: { incident, service } }: Pick<IncidentPageProps, "read">) {
  const { lastLines, exit, many } = incident.evidence;
  const diagnosis = incident.closedMs === null ? (service?.snapshot.diagnosis ?? null) : null;
  return (
    <>
      {exit === null ? null : <p>It {exit}.</p>}
      {lastLines.length === 0 ? null : <pre aria-label="Last lines of output">{lastLines.join("\n")}</pre>}
      {diagnosis === null ? null : (
        <p class="diag">
          {diagnosis.what} {diagnosis.proof}
          {diagnosis.write === null ? null : (
            <>
              {" "}
              Write <code>{diagnosis.write}</code>
              {diagnosis.where === null ? "" : ` in ${diagnosis.where}`}.
            </>
          )}
        </p>
      )}
      {many === undefined || many.hosts.length === 0 ? null : (
        <p>
          {incident.closedMs === null ? "Silent still" : "The last that were silent"}:{" "}
          {many.hosts.map(({ id, name }, i) => (
            <>
              {i === 0 ? "" : ", "}
              <a href={`/app#host-${id}`}>{name}</a>
            </>
          ))}
        </p>
      )}
    </>
  );
}

/** Looks for what is new every few seconds, until it is over. What a reader has opened, marked or is at stays as it is. */
const LIVE_SCRIPT = `const words=document.querySelector("#live-words");words.textContent=", and kept up to date";
const look=setInterval(async()=>{if(document.hidden)return;
try{const a=await fetch(location.pathname,{headers:{accept:"text/html"}}),d=new DOMParser().parseFromString(await a.text(),"text/html"),news=d.querySelector("#live");
if(!a.ok||!news)throw 0;const live=document.querySelector("#live"),at=document.querySelector("#as-of");
at.innerHTML=d.querySelector("#as-of").innerHTML;words.textContent=", and kept up to date";
if(!live.contains(document.activeElement)&&String(getSelection())===""){
const open=new Set([...live.querySelectorAll("details[open]")].map(e=>e.dataset.fold));
for(const e of news.querySelectorAll("details"))e.open=open.has(e.dataset.fold);live.replaceWith(news);document.title=d.title}
if(news.dataset.open==="no"){clearInterval(look);words.textContent=""}local()}
catch{words.textContent=": what is new cannot be read just now"}},5000);`;

const STYLES = `
h1 .cause{font-weight:400}.facts{color:var(--soft);margin:2px 0 14px}.facts b{color:var(--ink)}
.diag{background:var(--wash);border-radius:8px;padding:10px 14px}#live pre{white-space:pre-wrap;overflow-wrap:anywhere}
@media (max-width:760px){main{padding:20px 14px 60px}h1{font-size:21px}.facts a{display:inline-block;padding:4px 0}}
`;
