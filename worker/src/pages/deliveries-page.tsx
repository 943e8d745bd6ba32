import type { Role } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { raw } from "hono/html";
import type { Standing } from "../alerts/alerts.ts";
import { withoutStatus } from "../deliveries/core/answer-words.ts";
import { lagOf, type Telling } from "../deliveries/core/tellings.ts";
import { pageOfAlert } from "../alerts/core/channel-message.ts";
import { phaseWords } from "../incidents/core/phase-words.ts";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { Moment, MOMENT_SCRIPT } from "./moment.tsx";
import { Shell } from "./shell.tsx";

interface DeliveriesPageProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  tellings: Telling[];
  channels: { id: string; name: string }[];
  /** Null where Alerts does not answer. */
  standing: Standing | null;
  /** Only of this channel. */
  channelId: string | null;
  /** Where the next page begins; null where there is none. */
  beforeMs: number | null;
  mayRepeat: boolean;
  /** Somebody just asked for one to be sent again. */
  repeated: boolean;
  nowMs: number;
}

/** Whether people heard what they were told: what was not heard first, how late it was, which channels are dead. */
export function DeliveriesPage(props: DeliveriesPageProps) {
  const { nonce, organization, person, role, tellings, channels, channelId, beforeMs, mayRepeat, repeated } = props;
  return (
    <Shell at="Alerts" title="Deliveries" {...{ nonce, organization, person, role }} moreStyles={DELIVERIES_STYLES}>
      <section class="narrow">
        <AlertsNav role={role} at="/app/deliveries" />
        <h1>{sentenceOf(props)}</h1>
        <p class="soft">{lagWords(tellings)}</p>
        {repeated ? (
          <p role="status">It is sent again, with the same id: whoever keeps the ids he saw takes it for the same.</p>
        ) : null}
        <Failing {...props} />
        <Filter {...{ channels, channelId }} />
        <ul class="lines acted">
          {tellings.map((telling) => (
            <Line {...{ telling, mayRepeat }} />
          ))}
        </ul>
        {beforeMs === null ? null : (
          <p>
            <a
              href={`/app/deliveries?before=${beforeMs}${channelId === null ? "" : `&channel=${channelId}`}`}
              rel="next"
            >
              Older ones
            </a>
          </p>
        )}
        <p class="soft">
          <a href="/app/deliveries.json">The same as JSON</a>
        </p>
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

function sentenceOf({ tellings, standing }: DeliveriesPageProps): string {
  const dead = standing?.channels.filter(({ isDead }) => isDead).length ?? 0;
  if (dead > 0) return dead === 1 ? "One channel does not hear" : `${dead} channels do not hear`;
  const waiting = standing?.channels.reduce((sum, each) => sum + each.waiting, 0) ?? 0;
  if (waiting > 0) return waiting === 1 ? "One message waits to be heard" : `${waiting} messages wait to be heard`;
  const missed = tellings.filter(({ lagMs }) => lagMs === null).length;
  if (missed > 0) return missed === 1 ? "One message was not heard" : `${missed} messages were not heard`;
  return tellings.length === 0 ? "Nothing was told yet" : "Everything that was told was heard";
}

function lagWords(tellings: readonly Telling[]): string {
  const lag = lagOf(tellings);
  if (lag === null) return "Each attempt to tell somebody stands here, with what came of it.";
  const { heard, p50Ms, p95Ms } = lag;
  return `Of the last ${tellings.length} messages ${heard} were heard: half of them within ${durationWords(p50Ms)}, 95 of 100 within ${durationWords(p95Ms)}.`;
}

/** Channels that fail, or have something waiting. */
function Failing({ standing, channels, nowMs }: DeliveriesPageProps) {
  if (standing === null) {
    return (
      <p class="fault" role="status">
        What waits to be heard cannot be said just now; what was tried stands below.
      </p>
    );
  }
  const shown = standing.channels.filter(({ waiting, failures, isDead }) => waiting > 0 || failures > 0 || isDead);
  return (
    <>
      {shown.map(({ channelId, waiting, oldestMs, failures, failingSinceMs, lastAnswer, isDead }) => (
        <p class="fault" data-channel={channelId} data-dead={isDead ? "yes" : "no"}>
          <span class={isDead ? "out" : "deg"}>{isDead ? "■" : "◐"}</span>{" "}
          <b>{channels.find(({ id }) => id === channelId)?.name ?? "A channel that is gone"}</b>{" "}
          {troubleWords({ failures, failingSinceMs, isDead }, nowMs)}
          {oldestMs === null ? "" : ` · ${waiting} wait, the oldest for ${durationWords(nowMs - oldestMs)}`}
          {lastAnswer === null ? null : <small>{lastAnswer.slice(0, 160)}</small>}
        </p>
      ))}
    </>
  );
}

function troubleWords(
  { failures, failingSinceMs, isDead }: Pick<Standing["channels"][number], "failures" | "failingSinceMs" | "isDead">,
  nowMs: number,
): string {
  if (failingSinceMs === null) return isDead ? "refuses what is sent to it" : "";
  const attempts = failures === 1 ? "1 attempt" : `${failures} attempts`;
  return `has heard nothing for ${durationWords(nowMs - failingSinceMs)}, in ${attempts}`;
}

function Filter({ channels, channelId }: Pick<DeliveriesPageProps, "channels" | "channelId">) {
  if (channels.length < 2) return null;
  return (
    <form method="get" action="/app/deliveries" class="of-channel">
      <select name="channel" aria-label="Of which channel">
        <option value="">every channel</option>
        {channels.map(({ id, name }) => (
          <option value={id} selected={id === channelId}>
            {name}
          </option>
        ))}
      </select>{" "}
      <button>Show</button>
    </form>
  );
}

function Line({ telling, mayRepeat }: { telling: Telling; mayRepeat: boolean }) {
  const { noticeId, channelId, channel, incidentId, title, phase, createdMs, attempts, lagMs, isRefused } = telling;
  const tone = lagMs !== null ? "up" : isRefused ? "out" : "deg";
  return (
    <li data-telling={noticeId} data-heard={lagMs === null ? "no" : "yes"}>
      <span class={tone} aria-hidden="true">
        {lagMs !== null ? "●" : isRefused ? "■" : "◐"}
      </span>
      <div>
        <a href={pageOfAlert(incidentId)}>{title}</a>
        <small>
          {channel}: {phaseWords(phase)} · {outcomeWords(telling)} · <Moment ms={createdMs} />
        </small>
        <details open={lagMs === null && attempts.length < 4}>
          <summary>{attempts.length === 1 ? "1 attempt" : `${attempts.length} attempts`}</summary>
          {attempts.map(({ atMs, attempt, ok, status, answer, tookMs }) => (
            <small>
              <Moment ms={atMs} /> · attempt {attempt}: {status ?? "no answer"} in {durationWords(tookMs)}
              {failureWords(ok, status, answer)}
            </small>
          ))}
        </details>
      </div>
      {mayRepeat ? (
        <form method="post" action={`/app/deliveries/${noticeId}/${channelId}/repeat`}>
          <button class="quiet" aria-label={`Send again to ${channel}: ${title}`}>
            Send again
          </button>
        </form>
      ) : null}
    </li>
  );
}

function outcomeWords({ lagMs, isRefused }: Telling): string {
  if (lagMs !== null) return `heard after ${durationWords(lagMs)}`;
  return isRefused ? "refused, and not sent again by itself" : "not heard";
}

function failureWords(ok: boolean, status: number | null, answer: string): string {
  const said = ok ? "" : withoutStatus(answer, status).slice(0, 200);
  return said === "" ? "" : `: ${said}`;
}

const DELIVERIES_STYLES = `${ALERTS_NAV_STYLES}
.lines summary{cursor:pointer;color:var(--soft);font-size:13px}.fault small{display:block;overflow-wrap:anywhere}
@media (max-width:760px){.acted li{position:relative}.acted form{position:absolute;right:0;bottom:8px}.acted details[open]{padding-bottom:50px}}
.of-channel{display:flex;gap:8px}.of-channel select{width:auto;min-width:0;margin:0}
`;
