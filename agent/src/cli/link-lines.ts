import { durationWords } from "@afloat/shared/core/duration";
import type { LinkReport } from "../control/protocol.ts";
import { shortTime } from "./when.ts";
import { wrapped } from "./wrapped.ts";

/** Columns before what is said. */
const INDENT = 14;
/** A clock that is off by less is right: more than that may be the way there and back, milliseconds. */
const CLOCK_OFF_MS = 2_000;

/** What `afloat link` shows. */
export function linkLines(report: LinkReport, nowMs: number): string[] {
  const { status, host } = report;
  const facts: [string, string | null][] = [
    ["link", stateWords(report, nowMs)],
    ["why", whyWords(status)],
    ["host", host === null ? null : `${host.name} of ${host.organization}`],
    ["events", eventWords(report)],
    ["clock", clockWords(status.clock ?? null)],
    ["proxy", proxyWords(report)],
    ["TLS", tlsWords(report)],
  ];
  const mend = "mend" in status && typeof status.mend === "string" ? status.mend : null;
  return [
    ...facts.flatMap(([name, text]) => (text === null ? [] : lineOf(name, text))),
    // A command is never broken: it is to be copied.
    ...(mend === null ? [] : [`${"".padEnd(INDENT - 2)}→ ${mend}`]),
    ...historyLines(report, nowMs),
  ];
}

function lineOf(name: string, text: string): string[] {
  const [first = "", ...rest] = wrapped(text, INDENT);
  return [`${name.padEnd(INDENT)}${first}`, ...rest.map((line) => `${"".padEnd(INDENT)}${line}`)];
}

function stateWords({ status }: LinkReport, nowMs: number): string {
  switch (status.kind) {
    case "none":
      return status.why;
    case "connected": {
      const by = status.via === "http" ? "HTTP" : "WebSocket";
      return `connected to ${status.cloud} by ${by}, for ${durationWords(nowMs - status.sinceMs)}`;
    }
    case "connecting":
      return `not connected to ${status.cloud}; ${nextWords(status.nextTryMs, nowMs)}`;
    case "refused":
      return `refused by ${status.cloud}; ${nextWords(status.nextTryMs ?? null, nowMs)}`;
  }
}

function nextWords(nextTryMs: number | null, nowMs: number): string {
  return nextTryMs === null
    ? "it is tried right now"
    : `next try at ${shortTime(nextTryMs, nowMs)} (in ${durationWords(nextTryMs - nowMs)})`;
}

function whyWords(status: LinkReport["status"]): string | null {
  switch (status.kind) {
    case "none":
      return null;
    case "connecting":
      return status.lastError;
    case "refused":
      return status.why;
    case "connected": {
      if (status.via === "socket") return null;
      const again = status.socketAgainMs ?? null;
      const when = again === null ? "" : `; a WebSocket is tried again at ${shortTime(again, Date.now())}`;
      return `${status.viaWhy ?? "no WebSocket lasted"}; commands come with a heartbeat, some seconds later${when}`;
    }
  }
}

function eventWords({ events }: LinkReport): string {
  const { waiting, onTheWay, held, recordedSeq, lastSeq } = events;
  const parts = [
    [waiting, "waiting here"],
    [onTheWay, "on the way"],
    [held, "held by the cloud, not recorded yet"],
  ] as const;
  const open = parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return open.length === 0
    ? `all ${lastSeq} are recorded in the cloud`
    : `${open.join(", ")}; recorded: ${recordedSeq} of ${lastSeq}`;
}

function clockWords(clock: { aheadMs: number; errorMs: number } | null): string | null {
  if (clock === null) return null;
  const { aheadMs, errorMs } = clock;
  const off = Math.abs(aheadMs);
  const isRight = off <= CLOCK_OFF_MS + errorMs;
  const stands = isRight
    ? "agrees with the cloud's"
    : `${durationWords(off)} ${aheadMs > 0 ? "ahead of" : "behind"} the cloud's: timedatectl set-ntp true`;
  return `${stands}; known within ${durationWords(errorMs)}`;
}

function proxyWords({ proxy, proxyWhy }: LinkReport): string | null {
  if (proxy === null) return proxyWhy === null ? null : `none: ${proxyWhy}`;
  return `${proxy.shown}, by ${proxy.variable}${proxy.hasPassword ? ", with a password" : ""}`;
}

function tlsWords({ tls, authority }: LinkReport): string | null {
  const trusted = authority === null ? "" : `; only ${authority} is trusted (cloud_ca)`;
  if (tls === null) return authority === null ? null : trusted.slice(2);
  const until = tls.validToMs === null ? "" : `, valid until ${new Date(tls.validToMs).toISOString().slice(0, 10)}`;
  return `${tls.version}, certificate by ${tls.issuer}${until}${trusted}`;
}

function historyLines({ history }: LinkReport, nowMs: number): string[] {
  if (history.length === 0) return [];
  const lines = history.toReversed().flatMap(({ outcome, via, why, firstMs, lastMs, times }) => {
    const by = via === "http" ? "HTTP" : "WebSocket";
    const lasted = lastMs > firstMs ? `, for ${durationWords(lastMs - firstMs)}` : "";
    const counted = times > 1 ? ` (${times} times, until ${shortTime(lastMs, nowMs)})` : "";
    const text = outcome === "connected" ? `connected by ${by}${lasted}` : `${by}: ${why}${counted}`;
    const time = shortTime(firstMs, nowMs);
    const indent = time.length + 4;
    const [first = "", ...rest] = wrapped(text, indent);
    return [`  ${time}  ${first}`, ...rest.map((line) => `${"".padEnd(indent)}${line}`)];
  });
  return ["", "the last tries, the newest first:", ...lines];
}
