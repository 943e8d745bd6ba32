import type { Telling } from "../src/channels/telling.ts";
import { MESSAGE_PHASES, type Message, type MessageIncident } from "../src/alerts/core/alert-types.ts";

/** Messages of every phase, and some that nobody would write: what each kind of channel must bear. */

const AT = Date.parse("2026-11-24T13:58:01.220Z");

const incident: MessageIncident = {
  ...{ id: "i1", kind: "restart-loop", hostId: "h1", hostName: "worker-2", serviceName: "ingest" },
  title: "worker-2 / ingest is restarting in a loop",
  cause: "4 restarts in 38 s, exits with code 1 within 0.8 s of every start",
  ...{ openedMs: AT, closedMs: null, isNew: true },
  evidence: {
    lastLines: ["starting", "Error: ENOENT: no such file or directory, open '/etc/ingest/rules.json'"],
    ...{ exit: "exited with code 1", restarts: 4, spanMs: 38_000, causeCode: "exit-code" },
  },
};

export function telling(of: Partial<Message> = {}, more: Partial<Telling> = {}): Telling {
  const message: Message = {
    ...{
      id: "notice-1",
      alertId: "i1",
      phase: "opened",
      severity: "critical",
      isQuiet: false,
      atMs: AT + 900,
      channelIds: [],
    },
    title: incident.title,
    lines: [incident.cause, "Since 13:58:01 UTC."],
    lastLines: incident.evidence.lastLines,
    next: ["The agent tries again in 2 min 40 s."],
    actions: [],
    incidents: [incident],
    more: 0,
    ...of,
  };
  const url = "https://afloat.test";
  return {
    message,
    sendId: `${message.id}.c1`,
    organization: { name: "Aurora", slug: "aurora" },
    links: [
      { kind: "acknowledge", label: "Acknowledge", url: `${url}/ack/i1.c1.1.mac` },
      { kind: "open", label: "Open", url: `${url}/app/incident/i1` },
      { kind: "restart", label: "Restart", url: `${url}/app?ask=restart` },
      { kind: "runbook", label: "What to do", url: `${url}/runbook#loop-exit-code` },
    ],
    isTest: false,
    ...more,
  };
}

/** What a hostile program may have printed, and a hostile person may have named a host. */
const NASTY =
  '<script>alert(1)</script> & "quoted" <!channel> <https://evil.example|Acknowledge> ``` \r\nBcc: all@example.com\u0000\u202e 🚢 {{title}}';

const huge: MessageIncident = {
  ...incident,
  title: NASTY.repeat(40),
  cause: NASTY.repeat(40),
  hostName: NASTY,
  evidence: {
    ...incident.evidence,
    lastLines: Array.from({ length: 100 }, (_, i) => `${i} ${NASTY.repeat(30)}`),
    many: {
      hosts: Array.from({ length: 3000 }, (_, i) => ({ id: `h${i}`, name: `host-${i}-${NASTY}` })),
      ...{ fell: 3000, of: 3000, fromMs: AT, toMs: AT },
    },
  },
};

export const MESSAGES: [string, Telling][] = [
  ...MESSAGE_PHASES.map((phase): [string, Telling] => [phase, telling({ phase })]),
  ["a test", telling({}, { isTest: true })],
  [
    "one cut within its characters, of what grows when it is escaped",
    telling({
      ...{ title: `${"&".repeat(299)}\ud83d`, lines: Array.from({ length: 12 }, () => "<&>".repeat(150)) },
      ...{ lastLines: Array.from({ length: 8 }, (_, i) => `${i} ${"<".repeat(297)}\ud83d`), next: ["&".repeat(400)] },
    }),
  ],
  ["one without incidents", telling({ incidents: [], lines: [], lastLines: [], next: [] }, { links: [] })],
  [
    "one of hostile words, far too long",
    telling({
      ...{ title: NASTY.repeat(100), lines: Array.from({ length: 500 }, () => NASTY.repeat(20)) },
      ...{ lastLines: huge.evidence.lastLines, next: Array.from({ length: 50 }, () => NASTY.repeat(20)) },
      ...{ incidents: Array.from({ length: 300 }, (_, i) => ({ ...huge, id: `i${i}` })), more: 700 },
    }),
  ],
];
