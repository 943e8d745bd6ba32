import type { Role } from "@afloat/shared/domain";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { CHANNEL_STYLES } from "./channel-fields.tsx";
import { Deliveries, type DeliveryLine } from "./deliveries.tsx";
import { Shell } from "./shell.tsx";

/** A channel as lists show it. */
export interface ChannelLine {
  id: string;
  name: string;
  /** `Slack` */
  label: string;
  where: string;
  /** unconfirmed: whoever reads the address has not agreed yet. */
  state: "on" | "off" | "unconfirmed";
  /** Why it cannot be used, whatever its state; null where it can. */
  fault: string | null;
}

interface ChannelsProps {
  nonce: string;
  organization: { name: string; slug: string };
  person: { name: string; email: string };
  role: Role;
  channels: ChannelLine[];
  deliveries: DeliveryLine[];
  kinds: { name: string; label: string }[];
  mayEdit: boolean;
}

/** Who is told when something will not stay up, and whether they heard it. */
export function ChannelsPage({
  nonce,
  organization,
  person,
  role,
  channels,
  deliveries,
  kinds,
  mayEdit,
}: ChannelsProps) {
  return (
    <Shell title="Alerts" moreStyles={CHANNEL_STYLES + ALERTS_NAV_STYLES} {...{ nonce, organization, person, role }}>
      <section class="narrow">
        <AlertsNav role={role} at="/app/channels" />
        <h1>Alerts</h1>
        {channels.length === 0 ? (
          <p>Nobody is told yet when a service restarts in a loop. Add a channel to change that.</p>
        ) : (
          <Channels channels={channels} />
        )}
        {mayEdit ? <Add kinds={kinds} /> : null}
        <h2>What was sent</h2>
        <Deliveries deliveries={deliveries} nowMs={Date.now()} />
      </section>
    </Shell>
  );
}

function Channels({ channels }: { channels: ChannelLine[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Name</th>
          <th>Kind</th>
          <th>Where</th>
          <th>State</th>
        </tr>
      </thead>
      <tbody>
        {channels.map(({ id, name, label, where, state, fault }) => (
          <tr>
            <td>
              <a href={`/app/channels/${id}`}>{name}</a>
            </td>
            <td>{label}</td>
            <td class="long">{where}</td>
            <td class="mark">
              <State {...{ state, fault }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** As mark and word. */
export function State({ state, fault }: Pick<ChannelLine, "state" | "fault">) {
  if (fault !== null) return <span class="out">■ cannot be used</span>;
  if (state === "on") return <span class="up">● on</span>;
  if (state === "off") return <span class="none">○ off</span>;
  return <span class="deg">◐ not agreed yet</span>;
}

function Add({ kinds }: Pick<ChannelsProps, "kinds">) {
  return (
    <>
      <h2>Add a channel</h2>
      <ul class="kinds">
        {kinds.map(({ name, label }) => (
          <li>
            <a href={`/app/channels/new/${name}`}>{label}</a>
          </li>
        ))}
      </ul>
    </>
  );
}
