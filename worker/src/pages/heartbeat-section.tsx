import { durationWords } from "@afloat/shared/core/duration";
import type { Called } from "../heartbeats/call-heartbeat.ts";
import { MINUTES, type Run } from "../heartbeats/core/heartbeat.ts";
import { Field } from "./field.tsx";
import { Moment } from "./moment.tsx";

/** A heartbeat out as pages and JSON show it. */
export interface HeartbeatView {
  /** The address without what is secret of it; null for whom it is not, and where it cannot be read any more. */
  where: string | null;
  intervalMs: number;
  nextMs: number;
  calledMs: number | null;
  heardMs: number | null;
  answer: string | null;
  runs: readonly Run[];
  /** It was due some time ago, and nobody came. */
  isForgotten: boolean;
}

export type HeartbeatNews =
  | { kind: "none" }
  | { kind: "set" }
  | { kind: "tested"; called: Called }
  | { kind: "faults"; typed: { url: string; minutes: string }; faults: { url?: string; minutes?: string } };

interface HeartbeatProps {
  heartbeat: HeartbeatView | null;
  news: HeartbeatNews;
  mayEdit: boolean;
  nowMs: number;
}

/** The heartbeat out: how it goes, and where owners and admins set it. */
export function HeartbeatSection({ heartbeat, news, mayEdit, nowMs }: HeartbeatProps) {
  return (
    <>
      <h2 id="heartbeat">Heartbeat out</h2>
      <p class="soft">
        An address that is called while alerts would find their way, and is not called while they would not. Whoever
        waits there tells you when nothing comes: by another way than this server's.
      </p>
      <News news={news} />
      {heartbeat === null ? <p>There is none yet.</p> : <Standing {...{ heartbeat, nowMs }} />}
      {heartbeat === null ? null : <Runs runs={heartbeat.runs} />}
      {mayEdit ? <Setting {...{ heartbeat, news }} /> : null}
    </>
  );
}

function News({ news }: { news: HeartbeatNews }) {
  if (news.kind === "set") {
    return (
      <p role="status" class="told">
        Saved. It is called within a minute; <i>Call it now</i> shows what comes of it.
      </p>
    );
  }
  if (news.kind !== "tested") return null;
  const { attempt, answer } = news.called;
  const { mark, words, tone } = KINDS[attempt.kind];
  return (
    <div role="status" class="told" data-tested={attempt.kind}>
      <p>
        <b class={tone}>
          {mark} {words}
        </b>
        : {attempt.words}
        {attempt.kind === "withheld" ? "" : ` in ${durationWords(attempt.tookMs)}`}
      </p>
      {answer === null || answer === "" ? null : <pre>{answer}</pre>}
    </div>
  );
}

const KINDS = {
  heard: { mark: "●", words: "heard", tone: "up" },
  unheard: { mark: "◐", words: "not heard", tone: "deg" },
  withheld: { mark: "■", words: "withheld", tone: "out" },
} as const;

function Standing({ heartbeat, nowMs }: Pick<HeartbeatProps, "nowMs"> & { heartbeat: HeartbeatView }) {
  const { where, intervalMs, nextMs, isForgotten, runs, answer } = heartbeat;
  const [last] = runs;
  return (
    <>
      {isForgotten ? (
        <p class="fault" role="alert">
          <span class="out">■</span> It was due {durationWords(nowMs - nextMs)} ago, and was not called: the upkeep does
          not come by, or the database takes no writes.
        </p>
      ) : null}
      <p class="long" data-heartbeat={isForgotten ? "forgotten" : (last?.kind ?? "new")}>
        {where === null ? "" : `${where} · `}every {durationWords(intervalMs)} · next{" "}
        {nextMs <= nowMs ? "within a minute" : <Moment ms={nextMs} />}
        {heartbeat.heardMs === null ? "" : ` · heard ${durationWords(nowMs - heartbeat.heardMs)} ago`}
      </p>
      {last?.kind === "unheard" && answer !== null && answer !== "" ? <pre>{answer}</pre> : null}
    </>
  );
}

function Runs({ runs }: { runs: readonly Run[] }) {
  if (runs.length === 0) return <p class="soft">It was not called yet.</p>;
  return (
    <ul class="runs">
      {runs.map(({ kind, words, fromMs, untilMs, times, tookMs }) => (
        <li data-run={kind}>
          <span class={KINDS[kind].tone} aria-hidden="true">
            {KINDS[kind].mark}
          </span>
          <div>
            <b>{KINDS[kind].words}</b>: {words}
            <small>
              {times === 1 ? "once" : `${times} times`}, <Moment ms={fromMs} />
              {times === 1 ? null : (
                <>
                  {" "}
                  to <Moment ms={untilMs} />
                </>
              )}
              {tookMs === null ? "" : ` · ${times === 1 ? "it" : "the last one"} took ${durationWords(tookMs)}`}
            </small>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Setting({ heartbeat, news }: Pick<HeartbeatProps, "heartbeat" | "news">) {
  const [typed, faults] = news.kind === "faults" ? [news.typed, news.faults] : [null, {}];
  const minutes = typed?.minutes ?? String((heartbeat?.intervalMs ?? MINUTES.unlessSaid * 60_000) / 60_000);
  const isNew = heartbeat === null;
  return (
    <>
      {isNew ? null : (
        <form method="post" action="/app/watch/heartbeat/test">
          <button class="strong">Call it now</button>
        </form>
      )}
      <form method="post" action="/app/watch/heartbeat">
        <Field name="url" label="Address" fault={faults.url}>
          <input
            {...{ id: "url", name: "url", type: "url", value: typed?.url ?? "", required: isNew, autocomplete: "off" }}
            placeholder={isNew ? "https://hc-ping.com/your-uuid" : `${heartbeat.where ?? "…"} (as it is)`}
          />
        </Field>
        <Field name="minutes" label="Every so many minutes" fault={faults.minutes}>
          <input
            {...{ id: "minutes", name: "minutes", type: "number", value: minutes, required: true }}
            {...{ min: MINUTES.least, max: MINUTES.most, step: 1 }}
          />
        </Field>
        <button>{isNew ? "Call it from now on" : "Save"}</button>
      </form>
      {isNew ? null : (
        <details>
          <summary>Remove…</summary>
          <form method="post" action="/app/watch/heartbeat/remove">
            <p class="soft">It is called no more: whoever waits for it will say so.</p>
            <button>Remove the heartbeat</button>
          </form>
        </details>
      )}
    </>
  );
}

export const HEARTBEAT_STYLES = `
.runs{list-style:none;margin:8px 0 18px;padding:0}.runs li{display:grid;grid-template-columns:18px 1fr;gap:0 10px;padding:8px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}.runs small{display:block}
.told{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}.told p{margin:0}.told pre{margin:8px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
details summary{cursor:pointer;color:var(--soft);padding:5px 0}input[type=number]{max-width:120px!important}
`;
