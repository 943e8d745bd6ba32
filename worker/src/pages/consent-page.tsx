import type { ConsentView } from "../api/consent.tsx";
import { Shell } from "./shell.tsx";

/** Whoever reads an address says whether alerts may come there. Nothing but the button does anything. */
export function ConsentPage({ nonce, view }: { nonce: string; view: ConsentView }) {
  return (
    <Shell title="Alerts by mail" nonce={nonce}>
      <section class="narrow">{view.kind === "unknown" ? <Unknown /> : <Asked view={view} />}</section>
    </Shell>
  );
}

function Unknown() {
  return (
    <>
      <h1>This link leads nowhere</h1>
      <p>
        It is too old, or the channel it was for has another address now or is gone. Whoever sent it can send another.
      </p>
    </>
  );
}

function Asked({ view }: { view: Exclude<ConsentView, { kind: "unknown" }> }) {
  const { kind, purpose, address, organizationName } = view;
  const agrees = purpose === "agree";
  if (kind === "done") {
    return (
      <>
        <h1>{agrees ? "Agreed" : "Stopped"}</h1>
        <p>
          {agrees
            ? `${organizationName} tells ${address} from now on. Every mail has a link to stop that.`
            : `Nothing is sent to ${address} any more by this channel of ${organizationName}.`}
        </p>
      </>
    );
  }
  return (
    <>
      <h1>
        {agrees
          ? `May ${organizationName} send alerts to ${address}?`
          : `Stop alerts of ${organizationName} to ${address}?`}
      </h1>
      <p>
        {agrees
          ? "You are told when a service of theirs will not stay up, and when that is over. You can stop it again by a link in every mail."
          : "They see that this address is not told any more, and have to ask you again."}
      </p>
      <form method="post">
        <button class="strong">{agrees ? "Yes, send them" : "Stop them"}</button>
      </form>
    </>
  );
}
