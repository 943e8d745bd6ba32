import type { HostView } from "../../live.ts";
import { count, type Model } from "./model.ts";

/** What may be our own doing, or the network's: what we saw, what we do about it, and until when. */
export function Ourselves({ model }: { model: Model }) {
  return (
    <>
      <HeldAlerts model={model} />
      <OwnAbsence model={model} />
    </>
  );
}

function HeldAlerts({ model }: { model: Model }) {
  const held = model.fleet.hosts.flatMap((host) =>
    host.link === "silent" && host.held?.why === "many" ? host.held : [],
  );
  const [first] = held;
  if (first === undefined || first.untilMs <= model.nowMs) return null;
  return (
    <Notice name="held" title={`${held.length} of ${first.of} hosts went within seconds of each other`}>
      noticed at {clock(first.atMs)} UTC · so many at once are more often a network, a proxy or ourselves than the hosts
      · nobody is told before {clock(first.untilMs)} UTC; those that are silent still are then told as one · until we
      hear them, what they run is unknown, not down
    </Notice>
  );
}

function OwnAbsence({ model }: { model: Model }) {
  const excused = model.fleet.hosts.filter((host) => (excusedUntilMs(host) ?? 0) > model.nowMs);
  if (excused.length === 0) return null;
  const untilMs = Math.max(...excused.map((host) => excusedUntilMs(host) ?? 0));
  return (
    <Notice name="absence" title="We were away ourselves for a moment">
      a deploy, an update or a failure of ours cut the connections · {count(excused.length, "host")}{" "}
      {excused.length === 1 ? "has" : "have"} not been heard again yet, and {excused.length === 1 ? "has" : "have"}{" "}
      until {clock(untilMs)} UTC before that is an alarm
    </Notice>
  );
}

function excusedUntilMs(host: HostView): number | null {
  return host.link === "online" ? (host.excusedUntilMs ?? null) : null;
}

function Notice({ name, title, children }: { name: string; title: string; children: unknown }) {
  return (
    <section class="trouble calm" data-notice={name} aria-label={title} role="status">
      <header>
        <div>
          <h2>
            <span class="none" aria-hidden="true">
              ○
            </span>{" "}
            {title}
          </h2>
          <p>{children}</p>
        </div>
      </header>
    </section>
  );
}

/** With seconds: somebody waits for it. */
function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}
