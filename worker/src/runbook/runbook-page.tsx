import { readRunbook, type RunbookChapter, type RunbookSection } from "@afloat/shared/core/runbook-sections";
import { raw } from "hono/html";
import { Marked } from "marked";
import { styles } from "../pages/styles.ts";

/** What the page needs beyond the common look. The section that a link leads to is marked. */
export const runbookStyles = `${styles}
.runbook h2{font-size:20px;margin:44px 0 8px;padding-top:18px;border-top:1px solid var(--line)}
.runbook h3{font:600 15px/1.4 ui-monospace,SFMono-Regular,Menlo,monospace;margin:4px 0 2px}
.runbook h3 a,.runbook h2 a{text-decoration:none}.runbook h3 a:hover,.runbook h2 a:hover{text-decoration:underline}
.runbook p{margin:6px 0}.runbook ul{padding-left:20px;margin:6px 0}.runbook li{margin:5px 0}
.runbook li code,.runbook p code{background:var(--card);border:1px solid var(--line);border-radius:4px;padding:1px 5px;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.runbook section{margin:18px -14px 0;padding:5px 11px;border-left:3px solid transparent;scroll-margin-top:10px}.runbook section:target{background:var(--card);border-left-color:var(--maint);border-radius:8px}
.topics{font-size:14px;color:var(--soft);line-height:1.9}.topics a{margin-right:12px;white-space:nowrap}
`;

const markdown = new Marked();

/** docs/runbook.md as a page: every heading's id is the topic that links, alerts and `afloat runbook` name. */
export function RunbookPage({ text }: { text: string }) {
  const [before = ""] = text.replace(/^# .*\n/, "").split(/^## /m);
  const chapters = readRunbook(text);
  return (
    <>
      {raw("<!doctype html>")}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width,initial-scale=1" />
          <title>Runbook · Afloat</title>
          <style>{raw(runbookStyles)}</style>
        </head>
        <body>
          <nav aria-label="Afloat">
            <b>≋ Afloat</b>
            <span>Runbook</span>
          </nav>
          <main>
            <div class="narrow runbook">
              <h1>Runbook</h1>
              <Prose text={before} />
              <Topics of={chapters} />
              {chapters.map((chapter) => (
                <Chapter chapter={chapter} />
              ))}
            </div>
          </main>
        </body>
      </html>
    </>
  );
}

function Chapter({ chapter }: { chapter: RunbookChapter }) {
  const { topic, title, text, sections } = chapter;
  return (
    <>
      <h2 id={topic}>
        <a href={`#${topic}`}>{title}</a>
      </h2>
      <Prose text={text} />
      <Topics of={sections} />
      {sections.map((section) => (
        <section id={section.topic} aria-labelledby={`${section.topic}-heading`}>
          <h3 id={`${section.topic}-heading`}>
            <a href={`#${section.topic}`}>{section.title}</a>
          </h3>
          <Prose text={section.text} />
        </section>
      ))}
    </>
  );
}

/** Where to go from here. */
function Topics({ of }: { of: readonly RunbookSection[] }) {
  if (of.length === 0) return null;
  return (
    <p class="topics">
      {of.map(({ topic, title }) => (
        <>
          <a href={`#${topic}`}>{title}</a>{" "}
        </>
      ))}
    </p>
  );
}

/** Our own text, which came with the program: nobody else's Markdown is ever shown. */
function Prose({ text }: { text: string }) {
  return <>{raw(markdown.parse(text, { async: false }))}</>;
}
