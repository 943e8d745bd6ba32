import type { Role } from "@afloat/shared/domain";
import type { TypedChannel } from "../api/channel-form.ts";
import type { AnyKind } from "../channels/channel-kind.ts";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { CHANNEL_STYLES, ChannelFields } from "./channel-fields.tsx";
import { Shell } from "./shell.tsx";

interface FormProps {
  nonce: string;
  organization: { name: string; slug: string };
  person: { name: string; email: string };
  role: Role;
  kind: AnyKind;
  /** What this server lacks for it; then there is no form. */
  lacks: string | null;
  typed: TypedChannel;
  faults: Record<string, string>;
}

/** A new channel of one kind. */
export function ChannelFormPage({ nonce, organization, person, role, kind, lacks, typed, faults }: FormProps) {
  return (
    <Shell
      at="Alerts"
      title={`Add ${kind.label}`}
      moreStyles={CHANNEL_STYLES + ALERTS_NAV_STYLES}
      {...{ nonce, organization, person, role }}
    >
      <section class="narrow">
        <AlertsNav role={role} at="/app/channels" />
        <h1>Add {kind.label}</h1>
        <p class="soft">{kind.about}</p>
        {lacks === null ? (
          <form method="post" action="/app/channels">
            <input type="hidden" name="kind" value={kind.name} />
            <ChannelFields {...{ kind, typed, faults }} />
            <button class="strong">Add</button>
          </form>
        ) : (
          <p class="fault">{lacks}</p>
        )}
      </section>
    </Shell>
  );
}
