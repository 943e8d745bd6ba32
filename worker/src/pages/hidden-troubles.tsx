import { HIDDEN_LIMIT, type HiddenTrouble } from "../maintenance/hidden-trouble.ts";
import { Moment } from "./moment.tsx";

/** Whoever announces what has begun is told what had been recorded by then, and does not count as an outage any more. */
export function HiddenTroubles({ hidden }: { hidden: readonly HiddenTrouble[] }) {
  if (hidden.length === 0) return null;
  const what =
    hidden.length === 1 ? "One thing" : `${hidden.length === HIDDEN_LIMIT ? "At least " : ""}${hidden.length} things`;
  return (
    <section class="hidden-trouble" role="status" data-hidden={hidden.length}>
      <p>
        <b>{what} had been recorded in this time before it was announced.</b> From now on that time counts as
        maintenance, and not as an outage, on the status page and in the uptime. Whoever was told of it has been told.
        Where that is not meant, end it and take it back below.
      </p>
      <ul>
        {hidden.map(({ id, title, openedMs, closedMs }) => (
          <li>
            <a href={`/app/incident/${id}`}>{title}</a>, <Moment ms={openedMs} />
            {closedMs === null ? (
              " until now"
            ) : (
              <>
                {" "}
                – <Moment ms={closedMs} />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

export const HIDDEN_STYLES = `
.hidden-trouble{border-left:4px solid var(--maint);background:var(--card);padding:2px 14px;border-radius:8px;margin:14px 0}.hidden-trouble ul{padding-left:20px}
`;
