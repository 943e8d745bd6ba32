import { INCIDENT_KINDS } from "@afloat/shared/domain";
import {
  HOUR,
  type Incident,
  incident,
  MINUTE,
  PAGER,
  rule,
  SECOND,
  SLACK,
  START_MS,
  Watch,
} from "../../worker/test/alerts/alert-ground.ts";
import { messageText } from "./as-text.ts";

/** The words of every kind of message, one after the other: the golden samples. */
export function messages(): string {
  const parts = [...INCIDENT_KINDS.map((kind) => ofKind(kind)), ...SPECIAL.map(({ name, live }) => sample(name, live))];
  return `${HEAD}\n\n${parts.join("\n")}`;
}

const HEAD =
  "The words of every message. Written by `pnpm messages`, and compared in a test. It is 26 November, 02:00 UTC.";

const HOST_KINDS: readonly string[] = ["host-offline", "host-flapping", "hosts-silent", "host-cloned", "agent-loop"];

/** Of one incident: that it opened, and that it is over. */
function ofKind(kind: (typeof INCIDENT_KINDS)[number]): string {
  return sample(kind, (watch) => {
    const one = HOST_KINDS.includes(kind)
      ? incident(kind, "worker-2")
      : incident(kind, "worker-2", "ingest", evidenceOf(kind));
    watch.open(one);
    watch.to(12 * MINUTE).close(one);
  });
}

function evidenceOf(kind: string) {
  if (kind !== "restart-loop") return {};
  const lastLines = [
    "reading /etc/ingest/rules.json",
    "Error: ENOENT: no such file or directory, open '/etc/ingest/rules.json'",
  ];
  return { evidence: { lastLines, exit: "exited with code 1", restarts: 4, spanMs: 38_000, causeCode: "exit-code" } };
}

function headOf(name: string): string {
  return `── ${name} ${"─".repeat(Math.max(4, 106 - name.length))}`;
}

function sample(name: string, live: (watch: Watch) => void): string {
  const watch = new Watch({ channels: [SLACK, PAGER] });
  live(watch);
  watch.to(watch.nowMs - START_MS + 2 * MINUTE);
  const said = watch.messages.map((message) => messageText(message, message.channelIds.join(", ")));
  return [headOf(name), "", ...said.flatMap((text) => [text, ""])].join("\n");
}

const steps = {
  steps: [
    { afterMs: 0, channelIds: [SLACK.id] },
    { afterMs: 15 * MINUTE, channelIds: [PAGER.id] },
  ],
};
const many = (host: string, count: number) =>
  Array.from({ length: count }, (_, n) => incident("service-down", host, `tenant-${n + 1}`));

const SPECIAL: { name: string; live: (watch: Watch) => void }[] = [
  {
    name: "several of one host, one more, some over, all over",
    live: (watch) => {
      const down = many("box-1", 20);
      watch.open(...down, incident("port-conflict", "box-1", "web"));
      const later = incident("restart-loop", "box-1", "api");
      watch.to(MINUTE).open(later);
      watch.to(7 * MINUTE).close(...down);
      watch.to(20 * MINUTE).close(later);
    },
  },
  {
    name: "a deploy that goes wrong on host after host",
    live: (watch) => {
      const loops = Array.from({ length: 30 }, (_, n) => incident("restart-loop", `web-${n + 1}`, "api"));
      for (const [n, each] of loops.entries()) watch.to(n * SECOND).open(each);
      watch.to(10 * MINUTE).close(...loops);
    },
  },
  {
    name: "very much at once, of many hosts",
    live: (watch) => {
      const down = Array.from({ length: 30 }, (_, n) => incident("service-down", `web-${n + 1}`, `s${n % 10}`));
      for (const [n, each] of down.entries()) watch.to(n * 100).open(each);
    },
  },
  {
    name: "nobody acknowledges, then somebody does",
    live: (watch) => {
      watch.setup = { ...watch.setup, rules: [rule("steps", { tell: steps })] };
      const down = incident("service-down", "worker-2", "ingest");
      watch.open(down);
      watch.to(5 * HOUR).acknowledge(down);
    },
  },
  {
    name: "silenced, and it stands when that is over",
    live: (watch) => {
      const span = { fromMs: START_MS, untilMs: START_MS + HOUR };
      watch.change({ silences: [{ id: "s", match: {}, ...span, reason: "new disks", byName: "Mara" }] });
      watch.open(incident("service-down", "worker-2", "ingest"));
      watch.to(HOUR);
    },
  },
  {
    name: "explained by another, and it stands when that is over",
    live: (watch) => {
      const db = incident("restart-loop", "worker-2", "db");
      watch.open(db, incident("endpoint-regressed", "worker-2", "ingest", { needs: ["db"] }));
      watch.to(10 * MINUTE).close(db);
    },
  },
  {
    name: "it goes and comes, is quiet, and stands",
    live: (watch) => {
      watch.setup = { ...watch.setup, channels: [SLACK] };
      for (let n = 0; n < 5; n += 1) {
        const each = incident("endpoint-regressed", "worker-2", "ingest", { openedMs: START_MS + n * 5 * MINUTE });
        watch.to(n * 5 * MINUTE).open(each);
        if (n < 4) watch.to(n * 5 * MINUTE + MINUTE).close(each);
        if (n < 3) watch.to(n * 5 * MINUTE + 2 * MINUTE).messages.length = 0;
      }
      watch.to(HOUR);
    },
  },
  {
    name: "late, and it stands",
    live: (watch) =>
      void watch.open(incident("restart-loop", "worker-2", "ingest", { openedMs: START_MS - 40 * MINUTE })),
  },
  {
    name: "its host is removed",
    live: (watch) => {
      const silent = incident("host-offline", "worker-2");
      watch.open(silent);
      watch.to(12 * MINUTE).close({ ...silent, facts: { ...silent.facts, isHostRemoved: true } });
    },
  },
  {
    name: "several of a host that is removed",
    live: (watch) => {
      const down = many("box-1", 3);
      watch.open(...down);
      watch.to(12 * MINUTE).close(...down.map(({ id, facts }) => ({ id, facts: { ...facts, isHostRemoved: true } })));
    },
  },
  { name: "late, and over", live: (watch) => void watch.late(lateOf("worker-2")) },
  {
    name: "late, and over, of several hosts",
    live: (watch) => void watch.late(lateOf("worker-1"), lateOf("worker-2")),
  },
];

function lateOf(host: string): Incident {
  return incident("restart-loop", host, "ingest", { openedMs: START_MS - HOUR, closedMs: START_MS - 48 * MINUTE });
}
