import { durationWords } from "@afloat/shared/core/duration";

export interface DeliveryLine {
  atMs: number;
  ok: boolean;
  status: number | null;
  attempt: number;
  answer: string;
  title: string;
  channel: string;
  noticeId: string;
  channelId: string;
}

/** What was sent of late, whom it was sent to, and what they answered. */
export function Deliveries({
  deliveries,
  nowMs,
  mayEdit,
}: {
  deliveries: DeliveryLine[];
  nowMs: number;
  mayEdit: boolean;
}) {
  if (deliveries.length === 0) return <p>Nothing yet.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th>When</th>
          <th>Who</th>
          <th>What</th>
          <th>Answer</th>
          {mayEdit ? <th /> : null}
        </tr>
      </thead>
      <tbody>
        {deliveries.map(({ atMs, ok, status, attempt, answer, title, channel, noticeId, channelId }) => (
          <tr>
            <td>
              <time datetime={new Date(atMs).toISOString()}>{durationWords(nowMs - atMs)} ago</time>
            </td>
            <td>{channel}</td>
            <td>{title}</td>
            <td class="long">
              {ok ? "heard" : "not heard"} ({ok ? (status ?? "taken") : answer.slice(0, 200)}, attempt {attempt})
            </td>
            {mayEdit ? (
              <td>
                <form method="post" action={`/app/notices/${noticeId}/again/${channelId}`}>
                  <button class="quiet" aria-label={`Send again to ${channel}: ${title}`}>
                    Again
                  </button>
                </form>
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
