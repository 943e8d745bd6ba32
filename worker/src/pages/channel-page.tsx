import { durationWords } from "@afloat/shared/core/duration";
import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import type { Test } from "../api/channel-test.ts";
import type { TypedChannel } from "../api/channel-form.ts";
import type { AnyKind, OpenSettings } from "../channels/channel-kind.ts";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { CHANNEL_STYLES, ChannelFields } from "./channel-fields.tsx";
import { type ChannelLine, State } from "./channels-page.tsx";
import { Deliveries, type DeliveryLine } from "./deliveries.tsx";
import { MOMENT_SCRIPT } from "./moment.tsx";
import { Shell } from "./shell.tsx";

/** What there is to say above a channel. A secret is shown this once. */
export type ChannelNews =
  | { kind: "none" }
  | { kind: "made" }
  | { kind: "edited" }
  | { kind: "faults"; typed: TypedChannel; faults: Record<string, string> }
  | { kind: "secret"; secret: string; isNew: boolean }
  /** `fault`: why the mail did not go out. */
  | { kind: "asked"; address: string; fault: string | null }
  | { kind: "tested"; tests: Test[] };

interface ChannelProps {
  nonce: string;
  organization: { name: string; slug: string };
  person: { name: string; email: string };
  role: Role;
  /** Null where this version does not know it. */
  kind: AnyKind | null;
  line: ChannelLine;
  /** Null where it cannot be read. */
  settings: OpenSettings | null;
  deliveries: DeliveryLine[];
  news: ChannelNews;
  mayEdit: boolean;
}

/** One channel: how it stands, a test of it, its settings, what was sent. */
export function ChannelPage({ nonce, organization, person, role, kind, line, settings, ...rest }: ChannelProps) {
  const { deliveries, news, mayEdit } = rest;
  const [typed, faults] = news.kind === "faults" ? [news.typed, news.faults] : [{}, {}];
  return (
    <Shell
      at="Alerts"
      title={line.name}
      moreStyles={CHANNEL_STYLES + ALERTS_NAV_STYLES}
      {...{ nonce, organization, person, role }}
    >
      <section class="narrow">
        <AlertsNav role={role} at="/app/channels" />
        <h1>{line.name}</h1>
        <p class="soft long">
          {line.label}
          {line.where === "" ? "" : `, ${line.where}`} · <State {...line} />
        </p>
        <News news={news} />
        {line.fault === null ? null : (
          <p class="fault" role="alert">
            {line.fault}
          </p>
        )}
        {mayEdit ? <Acts {...{ kind, line }} /> : null}
        {mayEdit && kind !== null && settings !== null ? (
          <form method="post" action={`/app/channels/${line.id}`}>
            <h2>Settings</h2>
            <ChannelFields {...{ kind, typed, faults, stored: { name: line.name, values: settings.values } }} />
            <button>Save</button>
          </form>
        ) : null}
        <h2>What was sent</h2>
        <Deliveries deliveries={deliveries} channelId={line.id} />
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

function Acts({ kind, line }: Pick<ChannelProps, "kind" | "line">) {
  const { id, name, state, fault } = line;
  const works = fault === null;
  return (
    <div class="acts">
      {works && state !== "unconfirmed" ? <Act {...{ id, act: "test", label: "Send a test", strong: true }} /> : null}
      {works && state === "unconfirmed" ? <Act {...{ id, act: "ask", label: "Ask by mail once more" }} /> : null}
      {works && kind?.signs === true ? <Act {...{ id, act: "rotate", label: "Make a new secret" }} /> : null}
      {state === "on" ? <Act {...{ id, act: "disable", label: "Switch off" }} /> : null}
      {works && state === "off" ? <Act {...{ id, act: "enable", label: "Switch on" }} /> : null}
      <details>
        <summary>Remove…</summary>
        <p class="soft">Nothing is sent to {name} any more, and what is secret about it is destroyed.</p>
        <Act {...{ id, act: "remove", label: `Remove ${name}` }} />
      </details>
    </div>
  );
}

interface ActProps {
  id: string;
  act: string;
  label: string;
  strong?: boolean;
}

function Act({ id, act, label, strong }: ActProps) {
  return (
    <form method="post" action={`/app/channels/${id}/${act}`}>
      <button class={strong === true ? "strong" : "quiet"}>{label}</button>
    </form>
  );
}

function News({ news }: { news: ChannelNews }) {
  if (news.kind === "none" || news.kind === "faults") return null;
  if (news.kind === "tested") return <Tests tests={news.tests} />;
  if (news.kind === "asked" && news.fault !== null) {
    return (
      <p class="fault" role="alert">
        The mail to {news.address} could not be sent: {news.fault}
      </p>
    );
  }
  return (
    <div role="status" class="told">
      <Said news={news} />
    </div>
  );
}

function Said({ news }: { news: Extract<ChannelNews, { kind: "made" | "edited" | "secret" | "asked" }> }) {
  if (news.kind === "made") return <p>It is told from now on. Send a test to see whether it works.</p>;
  if (news.kind === "edited") return <p>Saved.</p>;
  if (news.kind === "asked") {
    return (
      <p>
        A mail went to {news.address}: alerts come once somebody there follows its link and agrees. It works for seven
        days.
      </p>
    );
  }
  return (
    <>
      <p>
        {news.isNew
          ? "It is told from now on. Its messages are signed as Standard Webhooks says; this is the secret to verify them with, shown only now:"
          : "This is the new secret, shown only now. For 24 hours the old one signs every message too:"}
      </p>
      <pre class="paste" data-copy>
        <code>{news.secret}</code>
      </pre>
    </>
  );
}

/** What came back of a test, for the person who pressed the button. */
function Tests({ tests }: { tests: Test[] }) {
  return (
    <>
      {tests.map(({ what, outcome: { judgement, status, answer, tookMs } }) => (
        <div role="status" class={`told ${judgement.kind === "heard" ? "heard" : "unheard"}`}>
          <p>
            <b class={judgement.kind === "heard" ? "up" : "out"}>
              {judgement.kind === "heard" ? `● ${what}: heard` : `■ ${what}: not heard`}
            </b>{" "}
            {status === null ? "no answer" : `answered ${status}`} after {durationWords(tookMs)}
          </p>
          {judgement.kind === "heard" ? null : <p>{judgement.why}</p>}
          {judgement.kind === "retry" && judgement.afterMs !== null ? (
            <p class="soft">It asks to wait {durationWords(judgement.afterMs)}; a real alert would.</p>
          ) : null}
          {judgement.kind === "refused" ? (
            <p class="soft">A real alert would not be tried again before that is mended.</p>
          ) : null}
          {answer === "" || judgement.kind !== "heard" ? null : <pre>{answer}</pre>}
        </div>
      ))}
    </>
  );
}
