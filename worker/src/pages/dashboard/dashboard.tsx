import { AskedLately } from "./asked.tsx";
import { FleetTable } from "./fleet-table.tsx";
import { type Acts, headline, type Model, summary } from "./model.ts";
import { Ourselves } from "./ourselves.tsx";
import { SetAside } from "./set-aside.tsx";
import { Recent, Troubles } from "./troubles.tsx";

/** The dashboard: the sentence, trouble with its evidence, then one line for each service. */
export function Dashboard({ model, acts }: { model: Model; acts: Acts }) {
  const { fleet } = model;
  return (
    <div data-live={model.staleSinceMs === null ? "yes" : "no"}>
      {fleet.hosts.length === 0 ? null : (
        <input
          class="filter"
          id="filter"
          type="search"
          placeholder="Search ( / )"
          aria-label="Search services and hosts"
          value={model.filter}
        />
      )}
      <h1>{headline(fleet, model.nowMs)}</h1>
      <p class="sub">
        {summary(fleet)} · <Liveness model={model} />
      </p>
      {fleet.hosts.length === 0 ? <FirstSteps /> : null}
      <Troubles {...{ model, acts }} />
      <Ourselves model={model} />
      <SetAside model={model} />
      {fleet.hosts.length === 0 ? null : <FleetTable {...{ model, acts }} />}
      <AskedLately model={model} />
      <Recent model={model} />
    </div>
  );
}

function Liveness({ model }: { model: Model }) {
  if (model.staleSinceMs === null) return <span class="up">live</span>;
  const { of = 1, live = 0 } = model.shards ?? {};
  const clock = new Date(model.staleSinceMs).toISOString().slice(11, 19);
  return (
    <span class="deg" role="status">
      {live === 0
        ? `not live: as of ${clock} UTC`
        : `${of - live} of ${of} parts of the fleet ${of - live === 1 ? "is" : "are"} not live: as of ${clock} UTC`}
    </span>
  );
}

function FirstSteps() {
  return (
    <p>
      <a href="/app/hosts/new">Add a host</a>: one line to paste, and it appears here.
    </p>
  );
}
