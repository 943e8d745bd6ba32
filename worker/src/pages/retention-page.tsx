import type { Role } from "@afloat/shared/domain";
import {
  DEFAULT_RETENTION,
  type Retention,
  type RetentionField,
  RETENTION_FIELDS,
} from "../retention/core/retention.ts";
import { Shell } from "./shell.tsx";

/** What there is to say above the form. */
export type RetentionNews =
  | { kind: "none" }
  | { kind: "kept" }
  | { kind: "faults"; faults: { key: keyof Retention | null; text: string }[] }
  /** These are kept for less time than before: is the person sure? */
  | { kind: "asks"; lost: RetentionField[]; before: Retention };

interface RetentionProps {
  nonce: string;
  organization: { name: string };
  person: { name: string; email: string };
  role: Role;
  /** In the form: what holds, or what was asked for. */
  shown: Retention;
  news: RetentionNews;
}

/** How long an organization keeps what. */
export function RetentionPage({ nonce, organization, person, role, shown, news }: RetentionProps) {
  const asks = news.kind === "asks";
  return (
    <Shell at="Retention" title="Retention" {...{ nonce, organization, person, role }} moreStyles={STYLES}>
      <section class="narrow">
        <h1>How long {organization.name} keeps what</h1>
        <p class="soft">
          What is older is removed, a part of it every few minutes, and does not come back. Longer costs room and
          nothing else; each row that is removed costs one row written.
        </p>
        <News {...{ news, shown }} />
        <form method="post" action="/app/retention" class="retention">
          {RETENTION_FIELDS.map((field) => (
            <Days field={field} value={shown[field.key]} news={news} />
          ))}
          {asks ? <input type="hidden" name="sure" value="yes" /> : null}
          <button class="strong">{asks ? "Shorten, and remove what is older" : "Save"}</button>
          {asks ? <a href="/app/retention">Leave it as it was</a> : null}
        </form>
        <p class="soft">
          What services used is kept for 35 days, hour by hour. A host that was taken out is forgotten whole once its
          incidents and its uptime are too old. <a href="/app/retention.json">The same as JSON</a>
        </p>
      </section>
    </Shell>
  );
}

function Days({ field, value, news }: { field: RetentionField; value: number; news: RetentionNews }) {
  const { key, name, about, minDays, maxDays } = field;
  const wrong = news.kind === "faults" && news.faults.some((fault) => fault.key === key);
  return (
    <div class="days">
      <label for={key}>{name}</label>
      <span>
        <input
          {...{ id: key, name: key, type: "number", min: minDays, max: maxDays, step: 1, required: true }}
          {...(wrong ? { "aria-invalid": "true" } : {})}
          value={Number.isFinite(value) ? String(value) : ""}
          aria-describedby={`${key}-about`}
        />{" "}
        days
      </span>
      <small id={`${key}-about`}>
        {about} From {minDays} to {maxDays}; {DEFAULT_RETENTION[key]} unless you say otherwise.
      </small>
    </div>
  );
}

function News({ news, shown }: { news: RetentionNews; shown: Retention }) {
  if (news.kind === "none") return null;
  if (news.kind === "kept") return <p role="status">Saved. It holds from now on.</p>;
  const texts =
    news.kind === "faults"
      ? news.faults.map(({ text }) => text)
      : [
          ...news.lost.map(({ key, name }) => `${name}: ${shown[key]} days instead of ${news.before[key]}.`),
          "What is older is removed for good, for everybody in your organization. Nothing is changed yet.",
        ];
  return (
    <div class="fault" role="alert">
      {texts.map((text) => (
        <p>{text}</p>
      ))}
    </div>
  );
}

const STYLES = `
.days{display:grid;grid-template-columns:220px 1fr;gap:2px 16px;align-items:baseline;padding:14px 0;border-top:1px solid var(--line)}.days label{margin:0;color:var(--ink);font-weight:600}.days small{grid-column:2}
.days input{display:inline-block;width:100px;margin:0}.days input[aria-invalid]{border-color:var(--out)}.retention button{margin:14px 14px 0 0}.fault p{margin:2px 0}
@media (max-width:560px){.days{grid-template-columns:1fr}.days small{grid-column:1}}
`;
