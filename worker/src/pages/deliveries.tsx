import { withoutStatus } from "../deliveries/core/answer-words.ts";
import { phaseWords } from "../incidents/core/phase-words.ts";
import { Moment } from "./moment.tsx";

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

const ANSWER_CHARACTERS = 200;

interface DeliveriesProps {
  deliveries: DeliveryLine[];
  /** Of this channel alone, which need not be named then. */
  channelId?: string;
}

/** What was sent of late, whom it was sent to, and what they answered. */
export function Deliveries({ deliveries, channelId }: DeliveriesProps) {
  if (deliveries.length === 0) return <p>Nothing yet.</p>;
  return (
    <>
      <ul class="lines">
        {deliveries.map(({ atMs, ok, status, attempt, answer, phase, title, channel }) => (
          <li>
            <span class={ok ? "up" : "deg"} aria-hidden="true">
              {ok ? "●" : "◐"}
            </span>
            <div>
              {title}
              <small>
                {channelId === undefined ? `${channel}: ` : ""}
                {phaseWords(phase)} · {ok ? "heard" : "not heard"}
                {attempt > 1 ? `, attempt ${attempt}` : ""} · <Moment ms={atMs} />
              </small>
              {ok ? null : <small>{failureWords(status, answer)}</small>}
            </div>
          </li>
        ))}
      </ul>
      <p>
        <a href={`/app/deliveries${channelId === undefined ? "" : `?channel=${channelId}`}`}>All deliveries</a>
      </p>
    </>
  );
}

function failureWords(status: number | null, answer: string): string {
  const said = withoutStatus(answer, status).slice(0, ANSWER_CHARACTERS);
  return [status ?? "no answer", said].filter((part) => part !== "").join(": ");
}
