import type { LinkStatus } from "../../control/protocol.ts";
import { mendOf } from "./faults.ts";
import type { LinkState, Moment } from "./link-types.ts";

/** The link as `afloat status` shows it. */
export function statusOf(
  { phase, recorded, recordedMs, failures, lastError, lastFault, socketWhy }: LinkState,
  cloud: string,
  { firstSeq, lastSeq }: Pick<Moment, "firstSeq" | "lastSeq">,
): LinkStatus {
  const told = { unsent: Math.max(0, lastSeq - Math.max(recorded, firstSeq - 1)), lastRecordedMs: recordedMs };
  const mend = lastFault === null ? null : mendOf(lastFault, cloud);
  const connecting = { kind: "connecting", cloud, attempt: failures + 1, lastError, fault: lastFault, mend } as const;
  switch (phase.kind) {
    case "off":
      return phase.refused
        ? { ...told, kind: "refused", cloud, why: phase.why, fault: null, mend: null, nextTryMs: null }
        : { ...told, kind: "none", why: phase.why };
    case "waiting": {
      const nextTryMs = phase.untilMs;
      return phase.refused === null
        ? { ...told, ...connecting, nextTryMs }
        : { ...told, kind: "refused", cloud, why: lastError ?? phase.refused, fault: lastFault, mend, nextTryMs };
    }
    case "dialing":
    case "greeting":
      return { ...told, ...connecting, nextTryMs: null };
    case "connected": {
      const { via, sinceMs, socketAgainMs } = phase;
      return {
        ...told,
        kind: "connected",
        cloud,
        via,
        sinceMs,
        viaWhy: via === "http" ? socketWhy : null,
        socketAgainMs,
      };
    }
  }
}

/** The same status with its times moved, milliseconds. */
export function moveStatus(status: LinkStatus, byMs: number): LinkStatus {
  const move = (ms: number | null) => (ms === null ? null : ms + byMs);
  const moved = { ...status, lastRecordedMs: move(status.lastRecordedMs) };
  switch (moved.kind) {
    case "none":
      return moved;
    case "connected":
      return { ...moved, sinceMs: moved.sinceMs + byMs, socketAgainMs: move(moved.socketAgainMs ?? null) };
    case "connecting":
    case "refused":
      return { ...moved, nextTryMs: move(moved.nextTryMs ?? null) };
  }
}
