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

/** The same status with its times moved, milliseconds. */
export function moveStatus(status: LinkStatus, byMs: number): LinkStatus {
  const move = (ms: number | null) => (ms === null ? null : ms + byMs);
  const moved = { ...status, lastRecordedMs: move(status.lastRecordedMs) };
  if (moved.kind === "connected") return { ...moved, sinceMs: moved.sinceMs + byMs };
  return moved.kind === "connecting" ? { ...moved, nextTryMs: move(moved.nextTryMs) } : moved;
}
