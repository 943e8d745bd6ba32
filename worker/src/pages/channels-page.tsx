import type { Role } from "@afloat/shared/domain";
import { raw } from "hono/html";
import { ALERTS_NAV_STYLES, AlertsNav } from "./alerts-nav.tsx";
import { CHANNEL_STYLES } from "./channel-fields.tsx";
import { Deliveries, type DeliveryLine } from "./deliveries.tsx";
import { MOMENT_SCRIPT } from "./moment.tsx";
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
  /** It is on, and does not hear what waits for it. */
  isDeaf: boolean;
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
    <Shell
      at="Alerts"
      title="Channels"
      moreStyles={CHANNEL_STYLES + ALERTS_NAV_STYLES}
      {...{ nonce, organization, person, role }}
    >
      <section class="narrow">
        <AlertsNav role={role} at="/app/channels" />
        <h1>{sentenceOf(channels)}</h1>
        {channels.length === 0 ? (
          <p>When a service restarts in a loop, nobody hears of it. Add a channel to change that.</p>
        ) : (
          <Channels channels={channels} />
        )}
        {mayEdit ? <Add kinds={kinds} /> : null}
        <h2>What was sent</h2>
        <Deliveries deliveries={deliveries} />
      </section>
      <script nonce={nonce}>{raw(MOMENT_SCRIPT)}</script>
    </Shell>
  );
}

function sentenceOf(channels: readonly ChannelLine[]): string {
  const broken = channels.filter(({ fault }) => fault !== null).length;
  if (broken > 0) return broken === 1 ? "One channel cannot be used" : `${broken} channels cannot be used`;
  const deaf = channels.filter(({ isDeaf }) => isDeaf).length;
  if (deaf > 0) return deaf === 1 ? "One channel does not hear" : `${deaf} channels do not hear`;
  const on = channels.filter(({ state }) => state === "on").length;
  if (on === 0) return channels.length === 0 ? "Nobody is told yet" : "Nobody is told: no channel is on";
  if (on < channels.length) return `${on} of ${channels.length} channels are on`;
  return on === 1 ? "One channel is told" : `${on} channels are told`;
}

function Channels({ channels }: { channels: ChannelLine[] }) {
  return (
    <ul class="channels">
      {channels.map(({ id, name, label, where, ...line }) => (
        <li>
          <div class="long">
            <a href={`/app/channels/${id}`}>{name}</a>
            <small>
              {label}
              {where === "" ? "" : `, ${where}`}
            </small>
          </div>
          <State {...line} />
        </li>
      ))}
    </ul>
  );
}

/** As mark and word. */
export function State({ state, isDeaf, fault }: Pick<ChannelLine, "state" | "isDeaf" | "fault">) {
  if (fault !== null) return <span class="out">■ cannot be used</span>;
  if (isDeaf && state === "on") return <span class="out">■ does not hear</span>;
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
