import type { LinkReport, LinkStatus } from "../control/protocol.ts";
import type { TlsFacts } from "./answer.ts";
import type { LinkState, Moment } from "./core/link-types.ts";
import type { Credential } from "./credential.ts";
import { proxyTo } from "./way.ts";

interface Known {
  status: LinkStatus;
  cloud: string;
  authority: string | null;
  credential: Credential | null;
  tls: TlsFacts | null;
  history: LinkReport["history"];
}

/** The way to the cloud, whole, for `afloat link`. */
export function reportOf(
  { phase, recorded }: LinkState,
  { status, cloud, authority, credential, tls, history }: Known,
  { firstSeq, lastSeq }: Pick<Moment, "firstSeq" | "lastSeq">,
): LinkReport {
  const recordedSeq = Math.max(recorded, firstSeq - 1, 0);
  const { held, sent } = phase.kind === "connected" ? phase.outbox : { held: recordedSeq, sent: recordedSeq };
  return {
    status,
    host:
      credential === null
        ? null
        : { id: credential.host.id, name: credential.host.name, organization: credential.organization.name },
    ...proxyOf(cloud),
    tls,
    authority,
    events: {
      waiting: Math.max(0, lastSeq - Math.max(sent, recordedSeq)),
      onTheWay: Math.max(0, sent - Math.max(held, recordedSeq)),
      held: Math.max(0, held - recordedSeq),
      ...{ recordedSeq, lastSeq },
    },
    history,
  };
}

function proxyOf(cloud: string): Pick<LinkReport, "proxy" | "proxyWhy"> {
  if (!URL.canParse(cloud)) return { proxy: null, proxyWhy: null };
  const choice = proxyTo(cloud);
  if (choice.kind !== "proxy") return { proxy: null, proxyWhy: choice.why };
  const { shown, variable, authorization } = choice.proxy;
  return { proxy: { shown, variable, hasPassword: authorization !== null }, proxyWhy: null };
}
