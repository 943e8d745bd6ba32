import { exitWords } from "@afloat/shared/core/answer-words";
import { cpuWords, memoryWords } from "@afloat/shared/core/measure-words";
import { durationWords } from "@afloat/shared/core/duration";
import { runbookTopicOf } from "@afloat/shared/core/runbook";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { HostView, ServiceView } from "../../live.ts";
import { MarkOf, serviceMark } from "../marks.tsx";
import { Actions } from "./actions.tsx";
import { Answer } from "./answer.tsx";
import {
  type Acts,
  count,
  hostWords,
  maintenanceAt,
  maintenanceWords,
  type Model,
  shownHosts,
  unshownHosts,
} from "./model.ts";
import { RunbookLink } from "./runbook-link.tsx";

/** Hosts as heads, and under each one line a service. */
export function FleetTable({ model, acts }: { model: Model; acts: Acts }) {
  return (
    <>
      <table class="fleet">
        <thead>
          <tr>
            <th>Service</th>
            <th>State</th>
            <th>Health endpoint</th>
            <th>Up for</th>
            <th>Restarts</th>
            <th>Process</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {shownHosts(model).map((host) => (
            <>
              <HostHead key={host.id} {...{ host, model, acts }} />
              {host.services.map((service) => (
                <ServiceRows key={service.id} {...{ host, service, model, acts }} />
              ))}
            </>
          ))}
        </tbody>
      </table>
      <Unshown count={unshownHosts(model)} />
    </>
  );
}

function Unshown({ count: hosts }: { count: number }) {
  if (hosts === 0) return null;
  return (
    <p class="soft" data-unshown={String(hosts)}>
      {count(hosts, "more host")}, not shown: those that need a person come first, and a search finds the others.
    </p>
  );
}

function HostHead({ host, model, acts }: { host: HostView; model: Model; acts: Acts }) {
  const worked = maintenanceAt(model.fleet, host.id, null, model.nowMs);
  return (
    <tr class="host" id={`host-${host.id}`} data-host={host.name} data-link={host.link}>
      <td colspan={7}>
        <span class={worked !== null ? "maint" : host.link === "online" ? "up" : "none"}>
          <span class="mark" aria-hidden="true">
            {worked !== null ? "▲" : host.link === "online" ? "●" : "○"}
          </span>
        </span>
        {host.name}
        <HostRemoval {...{ host, model, acts }} />
        <small>
          {worked === null ? "" : `${maintenanceWords(worked, model.nowMs)} · `}
          {hostWords(host, model.nowMs)}
        </small>
      </td>
    </tr>
  );
}

/** Taking a host out: said what it does, asked, then done. */
function HostRemoval({ host, model, acts }: { host: HostView; model: Model; acts: Acts }) {
  if (!model.mayRevoke) return null;
  if (model.asking?.id !== host.id) {
    return (
      <button
        class="quiet aside"
        data-remove-host={host.name}
        data-asks={host.id}
        onClick={() => acts.ask(host.id, "remove")}
      >
        Remove
      </button>
    );
  }
  return (
    <form class="aside" method="post" action={`/app/hosts/${host.id}/revoke`}>
      <span class="steps">
        Remove <b>{host.name}</b>? Its credential is barred; its services run on.{" "}
      </span>
      <button class="strong" data-confirm>
        Remove
      </button>{" "}
      <button type="button" data-leave onClick={() => acts.leave()}>
        Leave it
      </button>
    </form>
  );
}

interface RowProps {
  host: HostView;
  service: ServiceView;
  model: Model;
  acts: Acts;
}

function ServiceRows({ host, service, model, acts }: RowProps) {
  const { snapshot } = service;
  const heard = host.link === "online";
  const worked = maintenanceAt(model.fleet, host.id, service.id, model.nowMs);
  const explained = heard && (snapshot.diagnosis !== null || snapshot.verdict !== "healthy");
  const classes = [explained ? "has-diag" : "", model.at === service.id ? "at" : ""].join(" ").trim();
  return (
    <>
      <tr
        class={classes}
        id={`service-${service.id}`}
        data-service={`${host.name}/${snapshot.name}`}
        data-verdict={heard ? snapshot.verdict : "unknown"}
        data-state={snapshot.state}
        data-pid={String(snapshot.pid ?? "")}
      >
        <td>
          <b>{snapshot.name}</b>
        </td>
        <td>
          <MarkOf mark={serviceMark(snapshot, host.link)} />
          {worked === null ? null : (
            <small class="maint" data-worked title={maintenanceWords(worked, model.nowMs)}>
              ▲ in maintenance
            </small>
          )}
        </td>
        <td>
          <Endpoint snapshot={snapshot} />
        </td>
        <td data-label="up for">
          {heard && snapshot.upSinceMs !== null ? durationWords(model.nowMs - snapshot.upSinceMs) : "–"}
        </td>
        <td data-label="restarts">
          {snapshot.restarts}
          <LastExit snapshot={snapshot} nowMs={model.nowMs} />
        </td>
        <td>
          <Use service={service} heard={heard} />
          <small class="process">
            {[
              ...(snapshot.pid === null ? [] : [`pid ${snapshot.pid}`]),
              ...(snapshot.port === null ? [] : [`port ${snapshot.port}`]),
            ].join(" · ")}
          </small>
        </td>
        <td class="act">
          <Actions {...{ host, service, model, acts }} place="row" />
        </td>
      </tr>
      {explained ? (
        <tr class="diag-row">
          <td />
          <td colspan={6}>
            <Explanation snapshot={snapshot} nowMs={model.nowMs} />
          </td>
        </tr>
      ) : null}
      <Answer {...{ host, service, model, acts }} />
    </>
  );
}

/** What it uses just now: of a processor and of memory. What is not known is no number. */
function Use({ service: { use, snapshot }, heard }: { service: ServiceView; heard: boolean }) {
  const known = heard && snapshot.pid !== null ? use : undefined;
  if (known === undefined) return <span class="soft">–</span>;
  return (
    <span data-cpu={String(known.cpu ?? "")} data-memory={String(known.memoryBytes ?? "")}>
      {cpuWords(known.cpu)} · {memoryWords(known.memoryBytes)}
    </span>
  );
}

function Endpoint({ snapshot }: { snapshot: ServiceSnapshot }) {
  const { endpoint, port } = snapshot;
  if (endpoint === null) return <span class="soft">{port === null ? "process only" : "port only"}</span>;
  const answer = endpoint.last === null ? "not called yet" : `→ ${endpoint.last}`;
  return (
    <>
      {endpoint.what} {answer}
      <small>
        {endpoint.retired ? "called no more: " : ""}
        {endpoint.proven ? "proven" : "unproven: never answered as expected"}
        {endpoint.lastMs === null ? "" : ` · ${Math.round(endpoint.lastMs)} ms`}
      </small>
    </>
  );
}

/** How it ended last, for as long as that is news. */
function LastExit({ snapshot, nowMs }: { snapshot: ServiceSnapshot; nowMs: number }) {
  const { lastExit } = snapshot;
  if (lastExit === null || nowMs - lastExit.atMs > LAST_EXIT_FOR_MS) return null;
  return (
    <small data-last-exit={lastExit.signal ?? String(lastExit.code)}>
      {exitWords(lastExit)}, {durationWords(nowMs - lastExit.atMs)} ago
    </small>
  );
}

const LAST_EXIT_FOR_MS = 3_600_000;

/** What is wrong, how we know, what to write instead: as a colleague would say it. */
function Explanation({ snapshot, nowMs }: { snapshot: ServiceSnapshot; nowMs: number }) {
  const { reason, diagnosis, nextTryMs } = snapshot;
  const topic = runbookTopicOf(snapshot);
  const next = nextTryMs === null || nextTryMs <= nowMs ? "" : ` · next try in ${durationWords(nextTryMs - nowMs)}`;
  return (
    <div class="diag">
      {reason}
      {next}
      {topic === null ? null : (
        <>
          {" "}
          · <RunbookLink topic={topic} />
        </>
      )}
      {diagnosis === null ? null : (
        <div>
          {diagnosis.what} {diagnosis.proof}{" "}
          {diagnosis.write === null ? null : (
            <>
              Write <code>{diagnosis.write}</code>
              {diagnosis.where === null ? "" : ` in ${diagnosis.where}`}.
            </>
          )}
        </div>
      )}
    </div>
  );
}
