import { durationWords } from "@afloat/shared/core/duration";
import { foldTimeline } from "../../incidents/core/fold.ts";
import type { TimelineEntry, Tone } from "../../incidents/core/timeline-types.ts";
import { Moment } from "../moment.tsx";

/** What happened, in order: each with when, how long after the beginning, and what is known of it. Its last lines stand above it. */
export function Timeline({ entries, openedMs }: { entries: readonly TimelineEntry[]; openedMs: number }) {
  return (
    <ol class="timeline">
      {foldTimeline(entries).map((shown) =>
        shown.kind === "one" ? (
          <Entry entry={shown.entry} openedMs={openedMs} />
        ) : (
          <li class="folded">
            <details data-fold={shown.entries[0]?.id}>
              <summary>{shown.words}</summary>
              <ol class="timeline">
                {shown.entries.map((entry) => (
                  <Entry entry={entry} openedMs={openedMs} />
                ))}
              </ol>
            </details>
          </li>
        ),
      )}
    </ol>
  );
}

const SHAPES: Record<Tone, string> = { up: "●", deg: "◐", out: "■", none: "○", maint: "▲", plain: "·" };

function Entry({ entry, openedMs }: { entry: TimelineEntry; openedMs: number }) {
  const { atMs, of, tone, title, detail } = entry;
  return (
    <li data-of={of} data-tone={tone}>
      <span class="when">
        <Moment ms={atMs} />
        <small>{offsetWords(atMs - openedMs)}</small>
      </span>
      <span class={`dot ${tone}`} aria-hidden="true">
        {SHAPES[tone]}
      </span>
      <div class="what">
        {of === "opened" || of === "closed" ? <b>{title}</b> : title}
        {detail === "" ? null : <small>{detail}</small>}
      </div>
    </li>
  );
}

/** `+38 s`: after the beginning; `−4 min` before it. */
function offsetWords(ms: number): string {
  if (ms === 0) return "";
  return `${ms > 0 ? "+" : "−"}${durationWords(Math.abs(ms))}`;
}

export const TIMELINE_STYLES = `
.timeline{list-style:none;margin:0;padding:0}.timeline li{display:grid;grid-template-columns:168px 18px 1fr;gap:0 10px;padding:7px 0;border-top:1px solid var(--line)}
.timeline .when{color:var(--soft);font-size:14px}.timeline .when small{display:block}.timeline .what{overflow-wrap:anywhere;min-width:0}.timeline .what small{display:block}
.dot{text-align:center}.dot.plain{color:var(--soft)}
.timeline li.folded{display:block}.folded summary{cursor:pointer;color:var(--soft);padding:4px 0}.folded .timeline li:last-child{padding-bottom:2px}
@media (max-width:760px){.timeline li{grid-template-columns:18px 1fr}.timeline .when{grid-column:2;grid-row:1}.timeline .when small{display:inline;margin-left:8px}.timeline .dot{grid-row:1/3;grid-column:1}.timeline .what{grid-column:2}.folded summary{padding:11px 0}}
`;
