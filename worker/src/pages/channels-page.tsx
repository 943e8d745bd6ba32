import type { Role } from "@afloat/shared/domain";
import { durationWords } from "@afloat/shared/core/duration";
import { Shell } from "./shell.tsx";

/** What there is to say above the list. A secret is shown this once. */
export type ChannelsNews =
  | { kind: "none" }
  | { kind: "fault"; text: string }
  | { kind: "made"; name: string; secret: string };

interface ChannelsProps {
  nonce: string;
  organization: { name: string; slug: string };
  person: { name: string; email: string };
  role: Role;
  channels: { id: string; kind: string; name: string; url: string; createdMs: number }[];
  deliveries: DeliveryLine[];
  news: ChannelsNews;
  mayEdit: boolean;
}

interface DeliveryLine {
  atMs: number;
  ok: boolean;
  status: number | null;
  attempt: number;
  answer: string;
  phase: string;
  title: string;
  channel: string;
}

/** Who is told when something will not stay up, and whether they heard it. */
export function ChannelsPage(props: ChannelsProps) {
  const { nonce, organization, person, role, channels, deliveries, news, mayEdit } = props;
  return (
    <Shell title="Alerts" {...{ nonce, organization, person, role }}>
      <section class="narrow">
        <h1>Alerts</h1>
        <News news={news} />
        {channels.length === 0 ? (
          <p>Nobody is told yet when a service restarts in a loop. Add a webhook to change that.</p>
        ) : (
          <Channels channels={channels} mayEdit={mayEdit} />
        )}
        {mayEdit ? <AddWebhook /> : null}
        <h2>What was sent</h2>
        {deliveries.length === 0 ? <p>Nothing yet.</p> : <Deliveries deliveries={deliveries} />}
      </section>
    </Shell>
  );
}

function News({ news }: { news: ChannelsNews }) {
  if (news.kind === "none") return null;
  if (news.kind === "fault") {
    return (
      <p class="fault" role="alert">
        {news.text}
      </p>
    );
  }
  return (
    <div role="status">
      <p>
        {news.name} is told from now on. Its messages are signed as Standard Webhooks says; this is the secret to verify
        them with, shown only now:
      </p>
      <pre class="paste" data-copy>
        <code>{news.secret}</code>
      </pre>
    </div>
  );
}

function Channels({ channels, mayEdit }: Pick<ChannelsProps, "channels" | "mayEdit">) {
  return (
    <table>
      <thead>
        <tr>
          <th>Name</th>
          <th>Webhook</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {channels.map(({ id, name, url }) => (
          <tr>
            <td>{name}</td>
            <td class="long">{url}</td>
            <td>
              {mayEdit ? (
                <form method="post" action={`/app/channels/${id}/remove`}>
                  <button class="quiet" aria-label={`Remove ${name}: nothing is sent to it any more`}>
                    Remove
                  </button>
                </form>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function AddWebhook() {
  return (
    <form method="post" action="/app/channels">
      <h2>Add a webhook</h2>
      <label>
        Name
        <input name="name" required maxlength={100} placeholder="On call" />
      </label>
      <label>
        Address
        <input type="url" name="url" required placeholder="https://example.com/hook" />
      </label>
      <button>Add</button>
    </form>
  );
}

function Deliveries({ deliveries }: Pick<ChannelsProps, "deliveries">) {
  const nowMs = Date.now();
  return (
    <table>
      <thead>
        <tr>
          <th>When</th>
          <th>Who</th>
          <th>What</th>
          <th>Answer</th>
        </tr>
      </thead>
      <tbody>
        {deliveries.map(({ atMs, ok, status, attempt, answer, phase, title, channel }) => (
          <tr>
            <td>
              <time datetime={new Date(atMs).toISOString()}>{durationWords(nowMs - atMs)} ago</time>
            </td>
            <td>{channel}</td>
            <td>{phase === "closed" ? `Over: ${title}` : title}</td>
            <td class="long">
              {ok ? "heard" : "not heard"} ({status ?? answer.slice(0, 120)}, attempt {attempt})
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
