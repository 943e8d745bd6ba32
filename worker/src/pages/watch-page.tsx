import type { Role } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { raw } from "hono/html";
import type { Standing } from "../alerts/alerts.ts";
import type { dayOf } from "../deliveries/core/lag.ts";
import { type Health, type Part, PARTS } from "../pulse/core/health.ts";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { HEARTBEAT_STYLES, type HeartbeatNews, HeartbeatSection, type HeartbeatView } from "./heartbeat-section.tsx";
import { Moment, MOMENT_SCRIPT } from "./moment.tsx";
import { Shell } from "./shell.tsx";

interface WatchProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  day: ReturnType<typeof dayOf>;
  /** What waits; null where Alerts does not answer. */
  standing: Standing["channels"] | null;
  server: Health;
  heartbeat: HeartbeatView | null;
  news: HeartbeatNews;
  mayEdit: boolean;
  nowMs: number;
}

/** Who watches the watcher: whether alerts are heard and how soon, how the server does, the heartbeat out. */
export function WatchPage(props: WatchProps) {
  const { nonce, organization, person, role, day, standing, server } = props;
  const styles = ALERTS_NAV_STYLES + HEARTBEAT_STYLES + WATCH_STYLES;
  return (
    <Shell at="Alerts" title="Watch" {...{ nonce, organization, person, role }} moreStyles={styles}>
      <section class="narrow">
        <AlertsNav role={role} at="/app/watch" />
        <h1>{sentenceOf(props)}</h1>
        <p class="soft">
          How soon the messages of the last 24 hours were heard: from the decision to tell somebody until the channel
          says that it heard.
        </p>
        {standing === null ? (
          <p class="fault" role="status">
            What waits to be heard cannot be said just now: alerting does not answer.
          </p>
        ) : null}
        {day.channels.length === 0 ? <NoChannel /> : <Channels {...props} />}
        <HeartbeatSection {...props} />
        <h2>This server</h2>
        <ul class="parts">
          {PARTS.map((part) => (
            <PartLine {...{ part, server }} />
          ))}
        </ul>
        <p class="soft">
          <a href="/app/watch.json">The same as JSON</a>
        </p>
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

function sentenceOf({ standing, day, server, heartbeat, nowMs }: WatchProps): string {
  if (heartbeat?.isForgotten === true) return "The heartbeat out is overdue";
  if (heartbeat?.runs[0]?.kind === "withheld") return "Alerts may not be told: the heartbeat out is withheld";
  if (!server.ok) return "This server is not well: alerts may be late";
  if (standing === null) return "Whether alerts are told cannot be said just now";
  const dead = standing.filter(({ isDead }) => isDead).length;
  if (dead > 0) return dead === 1 ? "One channel does not hear" : `${dead} channels do not hear`;
  const waiting = standing.reduce((sum, each) => sum + each.waiting, 0);
  const oldestMs = Math.min(...standing.map((each) => each.oldestMs ?? nowMs));
  if (waiting > 0) {
    const count = waiting === 1 ? "One message waits" : `${waiting} messages wait`;
    return `${count} to be heard, for ${durationWords(nowMs - oldestMs)}`;
  }
  if (heartbeat?.runs[0]?.kind === "unheard") return "The heartbeat out is not heard";
  if (day.channels.length === 0) return "Nobody is told: there is no channel yet";
  if (day.channels.every(({ isOff }) => isOff)) return "Nobody is told: every channel is off";
  if (PARTS.some((part) => server.parts[part] !== "ok")) return "This server has just started";
  const { heard, p50Ms, p95Ms } = day.all;
  if (p50Ms === null || p95Ms === null) return "All is well here; nothing was told in the last day";
  if (heard === 1) return `The one message of the last day was heard after ${durationWords(p50Ms)}`;
  return `Half of what is told is heard within ${durationWords(p50Ms)}, 95 of 100 within ${durationWords(p95Ms)}`;
}

function NoChannel() {
  return (
    <p>
      <a href="/app/channels">Add a channel</a>, and it is seen here how soon it hears.
    </p>
  );
}

function Channels({ day, standing, nowMs }: WatchProps) {
  return (
    <table class="channels">
      <thead>
        <tr>
          <th>Channel</th>
          <th>Heard</th>
          <th>Half within</th>
          <th>95 of 100 within</th>
          <th>Failed attempts</th>
          <th>Waits</th>
        </tr>
      </thead>
      <tbody>
        {day.channels.map(({ channelId, channel, isOff, heard, p50Ms, p95Ms, failed, lastFailure }) => (
          <tr data-channel={channelId}>
            <td class="long">{channel}</td>
            <td data-label="heard">{heard}</td>
            <td data-label="half within">{p50Ms === null ? "–" : durationWords(p50Ms)}</td>
            <td data-label="95 of 100 within">{p95Ms === null ? "–" : durationWords(p95Ms)}</td>
            <td data-label="failed attempts">
              {failed}
              {lastFailure === null ? null : (
                <small>
                  {lastFailure.status ?? "no answer"}, <Moment ms={lastFailure.atMs} />
                </small>
              )}
            </td>
            <td data-label="waits">
              <Waiting
                isOff={isOff}
                of={standing?.find((each) => each.channelId === channelId)}
                isKnown={standing !== null}
                {...{ nowMs, heard }}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface WaitingProps {
  isOff: boolean;
  of: Standing["channels"][number] | undefined;
  isKnown: boolean;
  /** So many messages it heard of late: that nothing waits is no good sign where it heard none. */
  heard: number;
  nowMs: number;
}

function Waiting({ isOff, of, isKnown, heard, nowMs }: WaitingProps) {
  if (isOff) return <span class="none">○ switched off</span>;
  if (!isKnown) return <span class="none">○ unknown</span>;
  if (of === undefined) return <span class={heard > 0 ? "up" : "none"}>{heard > 0 ? "●" : "○"} nothing</span>;
  const { waiting, oldestMs, isDead, failingSinceMs, lastAnswer } = of;
  return (
    <>
      <span class={isDead ? "out" : "deg"}>
        {isDead ? "■" : "◐"}{" "}
        {oldestMs === null ? "nothing: it refuses" : `${waiting}, for ${durationWords(nowMs - oldestMs)}`}
      </span>
      {failingSinceMs === null ? null : (
        <small>
          has heard nothing for {durationWords(nowMs - failingSinceMs)}
          {lastAnswer === null ? "" : `: ${lastAnswer.slice(0, 120)}`}
        </small>
      )}
    </>
  );
}

const PART_NAMES: Record<Part, string> = {
  database: "Database",
  upkeep: "Upkeep",
  queue: "Queue",
};

function PartLine({ part, server: { parts, failing } }: { part: Part; server: Health }) {
  const words = parts[part];
  const tone = failing.includes(part) ? "out" : words === "ok" ? "up" : "none";
  return (
    <li data-part={part}>
      <span class={tone}>{tone === "out" ? "■" : tone === "up" ? "●" : "○"}</span> <b>{PART_NAMES[part]}</b>{" "}
      {words === "ok" ? "works" : words}
    </li>
  );
}

const WATCH_STYLES = `
.channels td small{display:block;white-space:normal}.channels td[data-label]{white-space:nowrap}.channels td:last-child small{min-width:150px;overflow-wrap:anywhere}.channels{margin:0 0 8px}.parts{list-style:none;padding:0;margin:8px 0}.parts li{padding:4px 0}
@media (max-width:600px){.channels thead{display:none}.channels tr{display:block;border-bottom:1px solid var(--line);padding:8px 0}.channels td{display:block;border:0;padding:2px 0}.channels tr{display:grid;grid-template-columns:1fr 1fr}.channels td:first-child,.channels td:last-child{grid-column:1/-1}.channels td:first-child{font-weight:600}.channels td[data-label]:before{content:attr(data-label) ' ';color:var(--soft)}}
`;
