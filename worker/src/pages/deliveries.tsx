import { durationWords } from "@afloat/shared/core/duration";

export interface DeliveryLine {
  atMs: number;
  ok: boolean;
  status: number | null;
  attempt: number;
  answer: string;
  phase: string;
  title: string;
  channel: string;
}

/** What was sent of late, whom it was sent to, and what they answered. */
export function Deliveries({ deliveries, nowMs }: { deliveries: DeliveryLine[]; nowMs: number }) {
  if (deliveries.length === 0) return <p>Nothing yet.</p>;
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
              {ok ? "heard" : "not heard"} ({ok ? (status ?? "taken") : answer.slice(0, 200)}, attempt {attempt})
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
