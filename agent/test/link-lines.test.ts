import { expect, it } from "vitest";
import { linkLines } from "../src/cli/link-lines.ts";
import type { LinkReport } from "../src/control/protocol.ts";

const NOW = Date.UTC(2026, 10, 25, 12);
const CLOUD = "https://afloat.example.com";
const told = { unsent: 0, lastRecordedMs: NOW };

const CONNECTED = { ...told, kind: "connected", cloud: CLOUD, via: "socket", sinceMs: NOW - 60_000 } as const;

function shown(change: Partial<LinkReport>): string {
  const report: LinkReport = {
    status: CONNECTED,
    ...{ host: null, proxy: null, proxyWhy: null, tls: null, authority: null },
    events: { waiting: 0, onTheWay: 0, held: 0, recordedSeq: 7, lastSeq: 7 },
    history: [],
    ...change,
  };
  return linkLines(report, NOW).join("\n").replaceAll(/\s+/g, " ");
}

it.each<[string, Partial<LinkReport>, RegExp]>([
  ["connected", {}, /^link connected to \S+ by WebSocket, for 1 min events all 7 are recorded in the cloud$/],
  [
    "by HTTP, and why, and until when",
    {
      status: {
        ...{ ...told, kind: "connected", cloud: CLOUD, via: "http", sinceMs: NOW },
        ...{ viaWhy: "a WebSocket is answered 403", socketAgainMs: NOW + 30_000 },
      },
    },
    /by HTTP, for .* why a WebSocket is answered 403; commands come with a heartbeat, .*; a WebSocket is tried again at /,
  ],
  [
    "away, and when it is tried again, and what mends it",
    {
      status: {
        ...{ ...told, kind: "connecting", cloud: CLOUD, attempt: 4, lastError: "there is no host afloat.example.com" },
        ...{ nextTryMs: NOW + 12_000, fault: "unknown-name", mend: "getent hosts afloat.example.com" },
      },
    },
    /not connected to .*; next try at .* \(in 12 s\) why there is no host afloat.example.com .*→ getent hosts/,
  ],
  [
    "what is open, by where it is",
    { events: { waiting: 3, onTheWay: 2, held: 1, recordedSeq: 4, lastSeq: 10 } },
    /events 3 waiting here, 2 on the way, 1 held by the cloud, not recorded yet; recorded: 4 of 10/,
  ],
  [
    "a clock that is off, and by how much",
    { status: { ...CONNECTED, clock: { aheadMs: -600_000, errorMs: 20 } } },
    /clock 10 min behind the cloud's: timedatectl set-ntp true; known within 20 ms/,
  ],
  [
    "a clock that is right",
    { status: { ...CONNECTED, clock: { aheadMs: 1_900, errorMs: 20 } } },
    /clock agrees with the cloud's/,
  ],
  [
    "a proxy that is named and not used",
    { proxyWhy: "NO_PROXY excepts afloat.example.com from HTTPS_PROXY" },
    /proxy none: NO_PROXY excepts afloat.example.com/,
  ],
  [
    "tries, the newest first, the same ones counted",
    {
      history: [
        { outcome: "connected", via: "socket", why: "", firstMs: NOW - 9e5, lastMs: NOW - 6e5, times: 1 },
        { outcome: "lost", via: "socket", why: "cut", firstMs: NOW - 6e5, lastMs: NOW - 3e5, times: 5 },
      ],
    },
    /the newest first: \S+ WebSocket: cut \(5 times, until \S+\) \S+ connected by WebSocket, for 5 min$/,
  ],
])("%s", (_what, change, expected) => expect(shown(change)).toMatch(expected));
