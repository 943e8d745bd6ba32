import type { IncidentKind } from "@afloat/shared/domain";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { isCalm } from "./marks.tsx";
import { Moment, MOMENT_SCRIPT } from "./moment.tsx";
import { Shell } from "./shell.tsx";

/** How an incident stands to whoever followed the link of a message. */
export type AcknowledgeView =
  | { kind: "unknown" }
  | { kind: "ask"; title: string; of: { kind: IncidentKind; cause: string; openedMs: number } }
  | { kind: "acknowledged"; title: string; byName: string }
  | { kind: "over"; title: string };

/** Somebody says that he looks after an incident. Nothing but the button does anything. `incidentId`: where the rest of it is read. */
export function AcknowledgePage({
  nonce,
  view,
  incidentId,
}: {
  nonce: string;
  view: AcknowledgeView;
  incidentId: string | null;
}) {
  return (
    <Shell title="Acknowledge" nonce={nonce}>
      <section class="narrow">
        <View view={view} />
        <p class="soft">
          {incidentId === null || view.kind === "unknown" ? (
            <a href="/app">The dashboard</a>
          ) : (
            <a href={`/app/incident/${incidentId}`}>All that is known of it</a>
          )}
          , for whoever may sign in
        </p>
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

function View({ view }: { view: AcknowledgeView }) {
  switch (view.kind) {
    case "unknown":
      return (
        <>
          <h1>This link leads nowhere</h1>
          <p>It is older than a week, or what it was about is kept no more. The dashboard has what stands now.</p>
        </>
      );
    case "over":
      return (
        <>
          <Head tone="up" shape="●">
            It is over already
          </Head>
          <p>{view.title}: there is nothing left to look after.</p>
        </>
      );
    case "acknowledged":
      return (
        <>
          <Head tone="maint" shape="▲">
            Acknowledged
          </Head>
          <p>
            {view.title}: {view.byName} looks after it. Nobody is reminded any more, until it is over.
          </p>
        </>
      );
    case "ask": {
      const { kind, cause, openedMs } = view.of;
      return (
        <>
          <Head tone={isCalm(kind) ? "deg" : "out"} shape={isCalm(kind) ? "◐" : "■"}>
            {view.title}
          </Head>
          <p class="long">
            {cause} <span class="soft">· since</span> <Moment ms={openedMs} />
          </p>
          <form method="post">
            <label>
              Your name, so that the others know
              <input name="name" maxlength={60} autocomplete="name" />
            </label>
            <button class="strong">I look after it</button>
          </form>
          <p class="soft">
            Then nobody is reminded any more, and it goes to nobody else. You still hear when it is over.
          </p>
        </>
      );
    }
  }
}

function Head({ tone, shape, children }: { tone: "up" | "deg" | "out" | "maint"; shape: string; children: Child }) {
  return (
    <h1>
      <span class={tone} aria-hidden="true">
        {shape}
      </span>{" "}
      {children}
    </h1>
  );
}
