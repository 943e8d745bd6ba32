import { whyWords } from "../../alerts/core/why-words.ts";
import type { WhySaid } from "../../alerts/core/alert-types.ts";
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
            <span>
              <Words {...{ said, atMs }} />
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

/** Nobody types it: around each moment of a sentence, which stands in the reader's own zone like every other. */
const EDGE = "\u0000";

function Words({ said, atMs }: { said: WhySaid; atMs: number }) {
  const words = whyWords(said, atMs, (ms) => `${EDGE}${ms}${EDGE}`) ?? "Something that this version has no words for.";
  return <>{words.split(EDGE).map((part, i) => (i % 2 === 0 ? part : <Moment ms={Number(part)} />))}</>;
}
