import type { IncidentKind } from "@afloat/shared/domain";
import type { AlertFacts, Message, Rule } from "../../worker/src/alerts/core/alert-types.ts";
import { whyWords } from "../../worker/src/alerts/core/why-words.ts";
import { type Incident, incident, Watch } from "../../worker/test/alerts/alert-ground.ts";
import { clock, messageText, wrapped } from "./as-text.ts";

/**
 * A bad night of 300 hosts, and what each person was told of it. The incidents are those that the Fleet would open: what it holds back itself (a cut of a
 * minute, what maintenance covers) never gets here. Time is the night's own; the same every time.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** 2026-11-25 22:00 UTC. */
const FROM_MS = Date.UTC(2026, 10, 25, 22);
const at = (hours: number, minutes: number, seconds = 0) =>
  FROM_MS + (((hours + 2) % 24) * 60 + minutes) * MINUTE + seconds * SECOND;

const OPS = { id: "ops", name: "Slack #ops", isOff: false };
const ON_CALL = { id: "on-call", name: "On call (PagerDuty)", isOff: false };
const LEAD = { id: "lead", name: "Mail to Ines", isOff: false };

const DEFAULT = { reminderMs: undefined, severity: null, confirmMs: 0, group: "host" as const };
const RULES: Rule[] = [
  {
    ...{ ...DEFAULT, id: "db", name: "databases", position: 1, match: { tags: ["db"] } },
    tell: {
      steps: [
        { afterMs: 0, channelIds: [OPS.id, ON_CALL.id] },
        { afterMs: 10 * MINUTE, channelIds: [LEAD.id] },
      ],
    },
  },
  {
    ...{ ...DEFAULT, id: "grave", name: "what wakes somebody", position: 2 },
    match: { kinds: ["restart-loop", "service-down", "host-offline", "hosts-silent"] },
    tell: {
      steps: [
        { afterMs: 0, channelIds: [OPS.id] },
        { afterMs: 5 * MINUTE, channelIds: [ON_CALL.id] },
      ],
    },
  },
  {
    ...{ ...DEFAULT, id: "rest", name: "everything else", position: 3, match: {} },
    tell: { steps: [{ afterMs: 0, channelIds: [OPS.id] }] },
  },
];

/** Whoever reads a channel, and how he answers to it. */
const PEOPLE = [
  { channel: OPS, name: "Slack #ops", who: "read by whoever is awake; nobody is" },
  { channel: ON_CALL, name: "On call (PagerDuty)", who: "Mara, who acknowledges four minutes after her phone rings" },
  { channel: LEAD, name: "Mail to Ines", who: "only where nobody acknowledged a database for ten minutes" },
];
const MARA_TAKES_MS = 4 * MINUTE;
/** From then on Mara is under way, and does not hear her phone. */
const MARA_LEAVES_MS = at(6, 0);

/** What happens, by time. */
interface Happening {
  atMs: number;
  act: (night: Watch) => void;
}

/** The whole of it, as text. */
export function badNight(): string {
  const night = new Watch({ channels: PEOPLE.map(({ channel }) => channel), rules: RULES });
  night.nowMs = FROM_MS;
  const told: string[] = [];
  const happenings = script(told);
  // People answer what was told meanwhile: time goes by in small steps.
  for (let nowMs = FROM_MS; nowMs < at(8, 0);) {
    happenings.sort((a, b) => a.atMs - b.atMs);
    const [next] = happenings;
    nowMs = Math.min(nowMs + SECOND, next?.atMs ?? at(8, 0), at(8, 0));
    const seen = night.messages.length;
    night.passTo(nowMs);
    if (next !== undefined && next.atMs === nowMs) {
      happenings.shift();
      next.act(night);
    }
    happenings.push(...answersOf(night.messages.slice(seen)));
  }
  return (
    [...head(told, night), ...PEOPLE.flatMap((person) => sectionOf(person, night)), ...whySection(night)].join("\n") +
    "\n"
  );
}

/** Mara answers to what rings: it is grave, and hers. */
function answersOf(messages: readonly Message[]): Happening[] {
  return messages.flatMap(({ channelIds, isQuiet, phase, alertId, atMs }) => {
    const rings = channelIds.includes(ON_CALL.id) && !isQuiet && phase !== "reminder";
    if (!rings || atMs + MARA_TAKES_MS > MARA_LEAVES_MS) return [];
    const act = (night: Watch) =>
      void night.decide({ kind: "acknowledged", incidentId: alertId, byId: "mara", byName: "Mara" });
    return [{ atMs: atMs + MARA_TAKES_MS, act }];
  });
}

function script(told: string[]): Happening[] {
  const all: Happening[] = [];
  const say = (atMs: number, what: string) => told.push(`${clock(atMs).slice(0, 5)}  ${what}`);
  const opens = (atMs: number, each: Incident) => {
    each.facts.openedMs = atMs;
    all.push({ atMs, act: (night) => void night.open(each) });
  };
  const closes = (atMs: number, each: Incident) => all.push({ atMs, act: (night) => void night.close(each) });
  const lasts = (fromMs: number, toMs: number, each: Incident) => {
    opens(fromMs, each);
    closes(toMs, each);
  };
  disks(all, say, lasts);
  flapping(say, lasts);
  deploy(say, lasts);
  cut(all, say, lasts);
  lone(say, lasts, opens);
  return all;
}

type Say = (atMs: number, what: string) => void;
type Lasts = (fromMs: number, toMs: number, each: Incident) => void;

function disks(all: Happening[], say: Say, lasts: Lasts): void {
  say(
    at(22, 0),
    "Mara silences db-007 for new disks, until 01:00; its postgres goes down at 22:40 and is back at 01:21",
  );
  all.push({
    atMs: at(22, 0),
    act: (night) => {
      const span = { fromMs: at(22, 0), untilMs: at(1, 0) };
      night.change({
        silences: [{ id: "disks", match: { hosts: ["db-007"] }, ...span, reason: "new disks", byName: "Mara" }],
      });
    },
  });
  lasts(at(22, 40), at(1, 21), on("db-007", "postgres", "service-down", "exited with code 0; restart: never"));
  say(at(23, 10), "web-014 / api is deployed with a wrong health path");
  lasts(at(23, 10), at(7, 30), on("web-014", "api", "endpoint-unproven", "GET /healthz → 404; it never answered"));
}

function flapping(say: Say, lasts: Lasts): void {
  say(at(1, 30), "worker-031 / mailer stops answering and comes back, nine times in 40 minutes");
  for (let n = 0; n < 9; n += 1) {
    const fromMs = at(1, 30) + n * 5 * MINUTE;
    lasts(
      fromMs,
      fromMs + 2 * MINUTE,
      on(
        ...(["worker-031", "mailer", "endpoint-regressed"] as const),
        `GET /health → timed out after 2 s; it answered until ${clock(fromMs - 1)}`,
      ),
    );
  }
}

function deploy(say: Say, lasts: Lasts): void {
  say(
    at(2, 12),
    "a deploy of ingest goes wrong on 40 workers; what depends on it there stops answering; rolled back at 02:31",
  );
  for (let n = 1; n <= 40; n += 1) {
    const host = `worker-${String(n).padStart(3, "0")}`;
    const fromMs = at(2, 12) + n * 700;
    const toMs = at(2, 31) + n * 2100;
    const cause = "4 restarts in 31 s, exits with code 1 within 0.6 s of every start";
    const evidence = {
      lastLines: [
        "reading /etc/ingest/rules.json",
        "Error: ENOENT: no such file or directory, open '/etc/ingest/rules.json'",
      ],
      ...{ exit: "exited with code 1", restarts: 4, spanMs: 31_000, causeCode: "exit-code" },
    };
    lasts(fromMs, toMs, on(host, "ingest", "restart-loop", cause, { evidence }));
    if (n % 4 === 0) {
      const needs = { needs: ["ingest"] };
      lasts(
        fromMs + 8000,
        toMs + 9000,
        on(host, "report", "endpoint-regressed", "GET /health → 503; it answered until 02:12", needs),
      );
    }
  }
}

function cut(all: Happening[], say: Say, lasts: Lasts): void {
  say(at(3, 5), "the network is cut for 1 minute: the Fleet holds it, and hears everybody again");
  say(
    at(3, 20),
    "the network is cut for 5 minutes: 300 of 300 hosts are silent; 17 services looped meanwhile and are over by then",
  );
  const hosts = Array.from({ length: 300 }, (_, n) => ({ id: `host-${n}`, name: nameOf(n) }));
  const many = { hosts, fell: 300, of: 300, fromMs: at(3, 20), toMs: at(3, 20, 9) };
  const cause =
    "300 went within seconds of each other, heard last about 03:20 UTC; silent still: web-001, web-002, web-003, web-004, web-005, web-006, web-007, web-008, web-009, web-010, web-011, web-012 and 288 more";
  lasts(
    at(3, 23, 30),
    at(3, 25, 12),
    on("web-001", null, "hosts-silent", cause, { evidence: { ...NO_EVIDENCE, many } }, "300 of 300 hosts are silent"),
  );
  for (let n = 0; n < 17; n += 1) {
    const times = { openedMs: at(3, 21, n), closedMs: at(3, 24, n) };
    const late = on(
      nameOf(n * 11),
      "api",
      "restart-loop",
      "4 restarts in 40 s, exits with code 1 within 2.1 s of every start",
      times,
    );
    all.push({ atMs: at(3, 25, 14 + (n % 5)), act: (night) => void night.late(late) });
  }
}

function lone(say: Say, lasts: Lasts, opens: (atMs: number, each: Incident) => void): void {
  say(at(4, 40), "the disk of box-1 is full: all of its 100 services go down, within 6 seconds; mended at 05:02");
  for (let n = 1; n <= 100; n += 1) {
    const cause = "cannot be started: no space left on device";
    lasts(
      at(4, 40) + n * 60,
      at(5, 2) + n * 150,
      on("box-1", `tenant-${String(n).padStart(3, "0")}`, "service-down", cause),
    );
  }
  say(at(5, 10), "Mara's restart of web-009 / api is refused by the host");
  opens(
    at(5, 10),
    on(
      "web-009",
      "api",
      "command-failed",
      "3 restarts in 10 min are the limit",
      {},
      "web-009 / api: the restart that Mara asked for was refused",
    ),
  );
  say(at(5, 40), "the agent of worker-077 is killed again and again, for want of memory");
  lasts(
    at(5, 40),
    at(5, 58),
    on(
      "worker-077",
      null,
      "agent-loop",
      "4 starts in 6 min, each after a run that ended without a word",
      {},
      "worker-077: its agent starts again and again",
    ),
  );
  say(at(6, 30), "db-012 / postgres is in a loop. Mara is under way and does not hear it; Ines reads her mail");
  const words = "5 restarts in 48 s, exits with code 137 within 9.1 s of every start";
  const evidence = {
    lastLines: ["FATAL:  could not map anonymous shared memory: Cannot allocate memory"],
    exit: "exited with code 137",
    restarts: 5,
    spanMs: 48_000,
    causeCode: "out-of-memory",
  };
  lasts(at(6, 30), at(7, 4), on("db-012", "postgres", "restart-loop", words, { evidence }));
}

const NO_EVIDENCE = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };

function on(
  host: string,
  service: string | null,
  kind: IncidentKind,
  cause: string,
  more: Partial<AlertFacts> = {},
  title?: string,
): Incident {
  const made = incident(kind, host, service, { cause, hostTags: [host.split("-")[0] ?? ""], ...more });
  if (title !== undefined) made.facts.title = title;
  return made;
}

function nameOf(n: number): string {
  if (n < 180) return `web-${String(n + 1).padStart(3, "0")}`;
  return n < 260 ? `worker-${String(n - 179).padStart(3, "0")}` : `db-${String(n - 259).padStart(3, "0")}`;
}

function head(told: string[], night: Watch): string[] {
  return [
    "A bad night: 300 hosts, and what each person was told",
    "",
    ...wrapped(
      "Written by `pnpm messages`, from the same rules that decide in earnest, and compared in a test. Times are UTC.",
      "",
    ),
    "",
    "What happened",
    ...told.flatMap((line) => wrapped(line, "  ")),
    "",
    "The rules",
    "  1 databases (tag db): Slack #ops and On call at once; Mail to Ines if nobody acknowledges for 10 min",
    "  2 what wakes somebody (loops, services down, silent hosts): Slack #ops at once; On call after 5 min",
    "  3 everything else: Slack #ops",
    "",
    "What came of it",
    `  ${night.titles.size} incidents; each told for itself, with its end, they would have been ${2 * night.titles.size} messages to a channel`,
    ...PEOPLE.map(({ channel, name }) => `  ${name}: ${countWords(night, channel.id)}`),
    "",
  ];
}

function sectionOf({ channel, name, who }: (typeof PEOPLE)[number], night: Watch): string[] {
  const heard = night.messages.filter(({ channelIds }) => channelIds.includes(channel.id));
  return [
    "═".repeat(110),
    `${name}: ${countWords(night, channel.id)}`,
    `(${who})`,
    "",
    ...heard.flatMap((message) => [messageText(message, name), ""]),
  ];
}

function countWords({ messages }: Watch, channelId: string): string {
  const heard = messages.filter(({ channelIds }) => channelIds.includes(channelId));
  const rang = heard.filter(({ isQuiet }) => !isQuiet).length;
  return `${heard.length} messages, ${rang} of them such as may wake somebody`;
}

/** Of some of those that nobody was told of, why. */
function whySection(night: Watch): string[] {
  const asked = [/^worker-004 .*report/, /^worker-031 .*mailer/, /^db-007 /, /^db-012 /];
  const lines = ["═".repeat(110), "Why was I told, or not?", ""];
  for (const pattern of asked) {
    const ids = [...night.titles].filter(([, title]) => pattern.test(title)).map(([id]) => id);
    const id = ids.at(-1);
    if (id === undefined) continue;
    lines.push(night.titles.get(id) ?? "");
    for (const why of night.why.filter(({ incidentId }) => incidentId === id)) {
      lines.push(...wrapped(`${clock(why.atMs)}  ${whyWords(why, why.atMs)}`, "    "));
    }
    lines.push("");
  }
  return lines;
}
