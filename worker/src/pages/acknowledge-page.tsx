import { Shell } from "./shell.tsx";

/** How an incident stands to whoever followed the link of a message. */
export type AcknowledgeView =
  | { kind: "unknown" }
  | { kind: "ask"; title: string }
  | { kind: "acknowledged"; title: string; byName: string }
  | { kind: "over"; title: string };

/** Somebody says that he looks after an incident. Nothing but the button does anything. */
export function AcknowledgePage({ nonce, view }: { nonce: string; view: AcknowledgeView }) {
  return (
    <Shell title="Acknowledge" nonce={nonce}>
      <section class="narrow">
        <View view={view} />
      </section>
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
          <h1>It is over already</h1>
          <p>{view.title}: there is nothing left to look after.</p>
        </>
      );
    case "acknowledged":
      return (
        <>
          <h1>Acknowledged</h1>
          <p>
            {view.title}: {view.byName} looks after it. Nobody is reminded any more, until it is over.
          </p>
        </>
      );
    case "ask":
      return (
        <>
          <h1>{view.title}</h1>
          <p>
            Say that you look after it: nobody is reminded any more, and it goes to nobody else. You still hear when it
            is over.
          </p>
          <form method="post">
            <label>
              Your name, so that the others know
              <input name="name" maxlength={60} autocomplete="name" />
            </label>
            <button class="strong">I look after it</button>
          </form>
        </>
      );
  }
}
