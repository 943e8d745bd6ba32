import { durationWords } from "@afloat/shared/core/duration";
import { momentWords } from "@afloat/shared/core/moment";
import { runbookTopicOfIncident } from "@afloat/shared/core/runbook";
import type { IncidentView } from "../../live.ts";
import { isCalm } from "../marks.tsx";
import { Actions } from "./actions.tsx";
import type { Acts, Model } from "./model.ts";
import { RunbookLink } from "./runbook-link.tsx";

/** What is open, with its evidence, the loudest first. */
export function Troubles({ model, acts }: { model: Model; acts: Acts }) {
  const open = model.fleet.incidents.filter(({ closedMs }) => closedMs === null);
  const sorted = [...open].sort((a, b) => Number(isCalm(a.kind)) - Number(isCalm(b.kind)));
  return (
    <>
      {sorted.map((incident) => (
        <Trouble key={incident.id} {...{ incident, model, acts }} />
      ))}
    </>
  );
}

function Trouble({ incident, model, acts }: { incident: IncidentView; model: Model; acts: Acts }) {
  const calm = isCalm(incident.kind) || incident.heldUntilMs !== undefined;
  const host = model.fleet.hosts.find(({ id }) => id === incident.hostId);
  const service = host?.services.find(({ snapshot }) => snapshot.name === incident.service);
  return (
    <section
      class={`trouble ${calm ? "calm" : "loud"}`}
      id={`incident-${incident.id}`}
      data-incident={incident.kind}
      aria-label={incident.title}
    >
      <header>
        <div>
          <h2>
            <span class={calm ? "deg" : "out"} aria-hidden="true">
              {calm ? "◐" : "■"}
            </span>{" "}
            <a href={`/app/incident/${incident.id}`}>{incident.title}</a>
          </h2>
          <p>
            {incident.cause} · for {durationWords(model.nowMs - incident.openedMs)} · {toldWords(incident, model.nowMs)}{" "}
            · <RunbookLink topic={runbookTopicOfIncident(incident.kind, incident.causeCode)} />
          </p>
        </div>
        <div class="acts">
          <Acknowledge {...{ incident, model }} />
          {host === undefined || service === undefined || calm ? null : (
            <Actions {...{ host, service, model, acts }} place="trouble" />
          )}
        </div>
      </header>
      {incident.lastLines.length === 0 ? null : (
        <pre aria-label="Last lines of output">{incident.lastLines.join("\n")}</pre>
      )}
    </section>
  );
}

/** A form of its own: it works before any script does, and leads to the page of the incident. */
function Acknowledge({ incident: { id, acknowledged, title }, model }: { incident: IncidentView; model: Model }) {
  if (!model.mayAcknowledge || acknowledged !== undefined) return null;
  return (
    <form method="post" action={`/app/incident/${id}/acknowledge`} class="inline">
      <button data-acknowledge={id} aria-label={`Acknowledge: I look after ${title}`}>
        Acknowledge
      </button>
    </form>
  );
}

/** What was, newest first. */
export function Recent({ model }: { model: Model }) {
  const closed = model.fleet.incidents.filter((incident) => incident.closedMs !== null);
  if (closed.length === 0) return null;
  return (
    <>
      <h2>
        Over
        <small>
          <a href="/app/incidents?state=over">all of them</a>
        </small>
      </h2>
      <ul class="quiet-list">
        {closed.map((incident) => (
          <li key={incident.id} data-closed={incident.kind}>
            <a href={`/app/incident/${incident.id}`}>{incident.title}</a>{" "}
            <small>{overWords(incident, model.nowMs)}</small>
          </li>
        ))}
      </ul>
    </>
  );
}

function overWords({ kind, openedMs, closedMs, cause }: IncidentView, nowMs: number): string {
  const endedMs = closedMs ?? nowMs;
  if (kind === "command-failed") return `${cause} · ${durationWords(nowMs - openedMs)} ago`;
  return `${cause} · for ${durationWords(endedMs - openedMs)}, over ${durationWords(nowMs - endedMs)} ago`;
}

function toldWords(incident: IncidentView, nowMs: number): string {
  const { acknowledged } = incident;
  const told = whoWords(incident, nowMs);
  return acknowledged === undefined ? told : `${told}, acknowledged by ${acknowledged.by}`;
}

function whoWords({ kind, told, heldUntilMs }: IncidentView, nowMs: number): string {
  if (heldUntilMs !== undefined && kind === "hosts-silent")
    return `told with what other parts of the fleet miss, by ${momentWords(heldUntilMs, nowMs)} UTC`;
  if (heldUntilMs !== undefined) return `in maintenance: nobody is told before ${momentWords(heldUntilMs, nowMs)} UTC`;
  const heard = [...new Set(told.filter(({ ok }) => ok).map(({ channel }) => channel))];
  if (heard.length > 0) return `told ${heard.join(", ")}`;
  return told.length > 0 ? "could not tell anybody yet" : "nobody was told";
}
