import { whyWords } from "../../alerts/core/why-words.ts";
import type { IncidentRead } from "../../incidents/read-incident.ts";
import { Moment } from "../moment.tsx";

/** "Why was I (not) told?": each decision, in words, when it was taken. */
export function WhoWasTold({ read: { whys } }: { read: IncidentRead }) {
  return (
    <>
      <h2>Who was told, and why</h2>
      {whys.length === 0 ? <p class="soft">Nothing was decided about it that is recorded.</p> : null}
      <ol class="why">
        {whys.map(({ atMs, said }) => (
          <li data-why={said.what}>
            <Moment ms={atMs} />
            <span>{whyWords(said, atMs)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
