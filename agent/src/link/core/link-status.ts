import type { LinkStatus } from "../../control/protocol.ts";
import type { LinkState, Moment } from "./link-types.ts";

/** The link as `afloat status` shows it. */
export function statusOf(
  { phase, recorded, recordedMs, failures, lastError }: LinkState,
  cloud: string,
  { firstSeq, lastSeq }: Pick<Moment, "firstSeq" | "lastSeq">,
): LinkStatus {
  const told = { unsent: Math.max(0, lastSeq - Math.max(recorded, firstSeq - 1)), lastRecordedMs: recordedMs };
  const connecting = { kind: "connecting", cloud, attempt: failures + 1, lastError } as const;
  switch (phase.kind) {
    case "off":
      return phase.refused
        ? { ...told, kind: "refused", cloud, why: phase.why }
        : { ...told, kind: "none", why: phase.why };
    case "waiting":
      return phase.refused === null
        ? { ...told, ...connecting, nextTryMs: phase.untilMs }
        : { ...told, kind: "refused", cloud, why: lastError ?? phase.refused };
    case "dialing":
    case "greeting":
      return { ...told, ...connecting, nextTryMs: null };
    case "connected":
      return { ...told, kind: "connected", cloud, via: phase.via, sinceMs: phase.sinceMs };
  }
}
