import type { Link, Telling } from "../channels/telling.ts";
import type { Env } from "../env.ts";
import { ACK_WITHIN_MS, makeAckLink } from "./ack-link.ts";
import type { Message } from "./core/alert-types.ts";

/** A message as a channel is handed it: its links whole, and that to acknowledge signed for this channel. */
export async function tellingOf(
  env: Env,
  message: Message,
  to: { organizationId: string; channelId: string; organization: { name: string; slug: string }; sendId: string },
): Promise<Telling> {
  const { organizationId, channelId, organization, sendId } = to;
  const links = await Promise.all(
    message.actions.map(async (action): Promise<Link> => {
      const { kind, label } = action;
      if (action.kind !== "acknowledge") return { kind, label, url: `${env.PUBLIC_URL}${action.path}` };
      const of = { organizationId, channelId, incidentId: action.incidentId };
      const token = await makeAckLink(env.AFLOAT_SECRET, of, message.atMs + ACK_WITHIN_MS);
      return { kind, label, url: `${env.PUBLIC_URL}/acknowledge/${token}` };
    }),
  );
  const { name, slug } = organization;
  return { message, sendId, organization: { name, slug }, links, isTest: false };
}
