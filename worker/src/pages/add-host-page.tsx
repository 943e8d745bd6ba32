import type { Role } from "@afloat/shared/domain";
import { Shell } from "./shell.tsx";

interface AddHostProps {
  nonce: string;
  organization: { name: string; slug: string };
  person: { name: string; email: string };
  role: Role;
  publicUrl: string;
  /** The key that was just made: shown this once. */
  made: { key: string; singleUse: boolean; expiresMs: number } | null;
}

/** One line to paste on a new host. */
export function AddHostPage({ nonce, organization, person, role, publicUrl, made }: AddHostProps) {
  return (
    <Shell at="Add a host" title="Add a host" {...{ nonce, organization, person, role }}>
      <section class="narrow">
        <h1>Add a host</h1>
        {made === null ? <Ask /> : <Line publicUrl={publicUrl} made={made} />}
      </section>
    </Shell>
  );
}

function Ask() {
  return (
    <>
      <p>
        The agent is one small program. It needs Node.js 20 or newer, opens no port unless its configuration asks for
        one, and may be asked only what the host's own <code>afloat.yaml</code> allows.
      </p>
      <form method="post" action="/app/hosts/new">
        <label class="check">
          <input type="checkbox" name="reusable" /> The line may be used on several hosts
        </label>
        <button>Make the line to paste</button>
      </form>
    </>
  );
}

function Line({ publicUrl, made }: Pick<AddHostProps, "publicUrl"> & { made: NonNullable<AddHostProps["made"]> }) {
  const line = `curl -fsSL ${publicUrl}/install.sh | AFLOAT_ENROLMENT_KEY=${made.key} sh`;
  return (
    <>
      <p>Paste this on the host, as root for the whole machine or as yourself for your own services:</p>
      <pre class="paste" data-copy>
        <code id="install-line">{line}</code>
      </pre>
      <p>
        The key in it works {made.singleUse ? "once" : "on several hosts"}, until{" "}
        <time datetime={new Date(made.expiresMs).toISOString()}>
          {new Date(made.expiresMs).toISOString().slice(11, 16)} UTC
        </time>
        , and is shown only now. The host appears on the <a href="/app">dashboard</a> as soon as it is there.
      </p>
    </>
  );
}
