import { Shell } from "./shell.tsx";

/** For somebody who belongs to no organization yet. */
export function FoundPage({ nonce, fault }: { nonce: string; fault: string | null }) {
  return (
    <Shell title="Found an organization" nonce={nonce}>
      <section class="narrow">
        <h1>Found an organization</h1>
        <p>Hosts, status page and alerts belong to it; others can be invited later.</p>
        {fault === null ? null : (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <form method="post" action="/organization/new">
          <label>
            Name
            <input name="name" required maxlength={100} placeholder="Aurora" />
          </label>
          <label>
            In addresses
            <input name="slug" required pattern="[a-z0-9][a-z0-9\-]{0,62}" placeholder="aurora" />
          </label>
          <button>Found it</button>
        </form>
      </section>
    </Shell>
  );
}
