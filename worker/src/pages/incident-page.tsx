import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import { may } from "../auth/roles.ts";
import type { TimelineEntry } from "../incidents/core/timeline-types.ts";
import type { IncidentRead } from "../incidents/read-incident.ts";
import { Acts, NoteForm } from "./incident/acts.tsx";
import { Head, Next, Seen } from "./incident/facts.tsx";
import { Timeline, TIMELINE_STYLES } from "./incident/timeline.tsx";
import { WhoWasTold } from "./incident/who-was-told.tsx";
import { Moment, MOMENT_SCRIPT } from "./moment.tsx";
import { PAGE_OF_SCRIPT } from "./page-of.ts";
import { Shell } from "./shell.tsx";

interface IncidentPageProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  read: IncidentRead;
  timeline: TimelineEntry[];
  nowMs: number;
  /** A note as it was typed, and what is wrong with it. */
  note: { typed: string; fault: string | null };
  /** Why what was asked was not done; null where nothing went wrong. */
  fault: string | null;
}

/** One incident: what is wrong and since when in the first line, then all that is known of it, in order. */
export function IncidentPage({
  nonce,
  organization,
  person,
  role,
  read,
  timeline,
  nowMs,
  note,
  fault,
}: IncidentPageProps) {
  const { incident } = read;
  const isOpen = incident.closedMs === null;
  const title = isOpen || incident.kind === "command-failed" ? incident.title : `Over: ${incident.title}`;
  return (
    <Shell
      at="Incidents"
      title={title}
      {...{ nonce, organization, person, role }}
      moreStyles={STYLES + TIMELINE_STYLES}
    >
      <section class="narrow">
        {fault === null ? null : (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <div id="live" data-open={isOpen ? "yes" : "no"}>
          <Head {...{ read, nowMs }} />
          <Acts {...{ read, role }} />
          <Seen read={read} />
          <Next {...{ read, nowMs }} />
          <WhoWasTold read={read} />
          <h2>What happened</h2>
          <Timeline entries={timeline} openedMs={incident.openedMs} />
        </div>
        {may(role, "incident:note") ? <NoteForm id={incident.id} {...note} /> : null}
        <p class="soft">
          <span id="as-of">
            As of <Moment ms={nowMs} />
          </span>
          {isOpen ? <span id="live-words">; load the page again to see what is new</span> : null} ·{" "}
          <a href={`/app/incident/${incident.id}.json`}>the same as JSON</a> ·{" "}
          <a href="/app/incidents">all incidents</a>
          {may(role, "channel:view") ? (
            <>
              {" "}
              · <a href="/app/deliveries">all deliveries</a>
            </>
          ) : null}
        </p>
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT + (isOpen ? LIVE_SCRIPT : ""))}</script>
    </Shell>
  );
}

/** For a link to one that is kept no more. */
export function NoIncidentPage(props: Pick<IncidentPageProps, "nonce" | "organization" | "person" | "role">) {
  return (
    <Shell at="Incidents" title="No such incident" {...props}>
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

/** Looks for what is new every few seconds, until it is over. What a reader has opened, marked or is at stays as it is. */
const LIVE_SCRIPT = `${PAGE_OF_SCRIPT}const words=document.querySelector("#live-words");words.textContent=", and kept up to date";
const look=setInterval(async()=>{if(document.hidden)return;
try{const a=await fetch(location.pathname,{headers:{accept:"text/html"}}),d=pageOf(await a.text()),news=d.querySelector("#live");
if(!a.ok||!news)throw 0;const live=document.querySelector("#live"),at=document.querySelector("#as-of");
at.innerHTML=d.querySelector("#as-of").innerHTML;words.textContent=", and kept up to date";
if(!live.contains(document.activeElement)&&String(getSelection())===""){
const open=new Set([...live.querySelectorAll("details[open]")].map(e=>e.dataset.fold));
for(const e of news.querySelectorAll("details"))e.open=open.has(e.dataset.fold);live.replaceWith(news);document.title=d.title}
if(news.dataset.open==="no"){clearInterval(look);words.textContent=""}local()}
catch{words.textContent=": what is new cannot be read just now"}},5000);`;

const STYLES = `
.timeline [data-of=note] .what small{white-space:pre-wrap;color:var(--ink);font-size:15px}
h1 .cause{font-weight:400}.facts{color:var(--soft);margin:2px 0 14px}.facts b{color:var(--ink)}
.diag{background:var(--wash);border-radius:8px;padding:10px 14px}#live pre{white-space:pre-wrap;overflow-wrap:anywhere}
.acts{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 14px}.acts form{margin:0}.acts a{display:inline-block;border:1px solid var(--line);border-radius:7px;background:var(--card);padding:5px 12px;min-height:34px;text-decoration:none}.acts a:hover{border-color:var(--soft)}
.ask summary{display:inline-block;list-style:none;border:1px solid var(--line);border-radius:7px;background:var(--card);padding:5px 12px;min-height:34px;cursor:pointer}.ask summary::-webkit-details-marker{display:none}.ask[open]{flex-basis:100%;order:9}.ask form{margin:6px 0 0}.ask p{margin:0 0 8px}
.next{margin:0 0 10px;padding-left:20px}.why{list-style:none;margin:0 0 10px;padding:0}.why li{display:grid;grid-template-columns:196px 1fr;gap:0 10px;padding:4px 0}.why li>time{color:var(--soft);font-size:14px}
.note textarea{max-width:none}
@media (max-width:760px){h1{font-size:21px}.facts a{display:inline-block;padding:4px 0}.acts button,.acts a,.ask summary{min-height:44px;padding:10px 16px}.why li{grid-template-columns:1fr;padding:6px 0}}
`;
