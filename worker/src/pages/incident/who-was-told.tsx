import { whyWords } from "../../alerts/core/why-words.ts";
import type { IncidentRead } from "../../incidents/read-incident.ts";
import { Moment } from "../moment.tsx";

/** "Why was I (not) told?": each decision, in words, when it was taken. */
export function WhoWasTold({ read: { whys } }: { read: IncidentRead }) {
  if (whys.length === 0) return null;
  return (
    <>
      <h2>Who was told, and why</h2>
      <ol class="why">
        {whys.map(({ atMs, said }) => (
          <li data-why={said.what}>
            <Moment ms={atMs} />
            <span>{whyWords(said, atMs) ?? "Something that this version has no words for."}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
