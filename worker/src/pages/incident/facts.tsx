import { durationWords } from "@afloat/shared/core/duration";
import { runbookTopicOfIncident } from "@afloat/shared/core/runbook";
import { SEVERITY_OF } from "../../alerts/core/rules.ts";
import type { Recorded } from "../../incidents/core/timeline-types.ts";
import { nextWords } from "../../incidents/core/next-words.ts";
import type { IncidentRead } from "../../incidents/read-incident.ts";
import { isCalm } from "../marks.tsx";
import { Moment } from "../moment.tsx";

interface FactsProps {
  read: IncidentRead;
  nowMs: number;
}

/** What is wrong and why, for how long, how grave it is, where, who was told, and who looks after it. */
export function Head({ read, nowMs }: FactsProps) {
  const { incident, host, service, recorded } = read;
  const { openedMs, closedMs, kind, cause, evidence } = incident;
  // What is told once and does not stand is never well again.
  const isOver = closedMs !== null && kind !== "command-failed";
  const tone = isOver ? "up" : isCalm(kind) ? "deg" : "out";
  const topic = runbookTopicOfIncident(kind, evidence.causeCode);
  return (
    <>
      <h1>
        <span class={tone} aria-hidden="true">
          {isOver ? "●" : isCalm(kind) ? "◐" : "■"}
        </span>{" "}
        {isOver ? "Over: " : ""}
        {incident.title}
        <span class="cause">: {cause}</span>
      </h1>
      <p class="facts">
        {kind === "command-failed" ? (
          <Moment ms={openedMs} />
        ) : closedMs === null ? (
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
        {gravityOf(read)}
        {" · "}
        {toldWords(recorded)}
        {" · "}
        <a href={`/runbook#${topic}`} target="_blank" rel="noopener">
          what to do
        </a>
      </p>
    </>
  );
}

/** As its rule has it, else as its kind. */
function gravityOf({ incident, whys }: IncidentRead): string {
  const matched = whys.findLast(({ said }) => said.what === "matched")?.said;
  return matched?.what === "matched" ? matched.severity : SEVERITY_OF[incident.kind];
}

/** `told On call, acknowledged by nobody` */
function toldWords({ deliveries, acknowledgement, incident }: Recorded): string {
  const heard = [...new Set(deliveries.flatMap(({ ok, channel }) => (ok ? channel : [])))];
  const told =
    heard.length > 0
      ? `told ${heard.join(", ")}`
      : deliveries.length > 0
        ? "could not tell anybody yet"
        : "nobody was told";
  if (acknowledgement !== null) return `${told}, acknowledged by ${acknowledgement.byName}`;
  return incident.closedMs === null && heard.length > 0 ? `${told}, acknowledged by nobody` : told;
}

/** What comes of it by itself, while it is open. */
export function Next({ read, nowMs }: FactsProps) {
  const words = nextWords(
    read.incident,
    { ...read.recorded, whys: read.whys, snapshot: read.service?.snapshot ?? null },
    nowMs,
  );
  if (words.length === 0) return null;
  return (
    <>
      <h2>What happens next</h2>
      <ul class="next">
        {words.map((sentence) => (
          <li>{sentence}</li>
        ))}
      </ul>
    </>
  );
}

/** The evidence that a person looks for first: what it said last, how it ended, which hosts. */
export function Seen({ read: { incident, service } }: Pick<FactsProps, "read">) {
  const { lastLines, exit, many } = incident.evidence;
  const diagnosis = incident.closedMs === null ? (service?.snapshot.diagnosis ?? null) : null;
  return (
    <>
      {exit === null ? null : <p>How it ended: {exit}.</p>}
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
