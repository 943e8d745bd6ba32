import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { journalEvent, serviceSnapshot } from "@afloat/shared/wire";
import * as v from "valibot";
import { afterAll, expect, it } from "vitest";
import type { NewEvent } from "../src/host.ts";
import { helloOf } from "../src/link/hello.ts";
import { Telling } from "../src/link/telling.ts";
import { lastLines } from "../src/supervisor/last-lines.ts";
import { openGround, snapshot } from "./journal-ground.ts";

const dir = mkdtempSync(join(tmpdir(), "afloat-redact-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** As endpoints are written in words. */
const WORDS = [
  ["GET http://admin:hunter2@localhost:9200/_health", "GET http://[redacted]@localhost:9200/_health"],
  ["GET /health?token=hunter2", "GET /health?token=[redacted]"],
  ["command PGPASSWORD=hunter2 psql -c 'select 1'", "command PGPASSWORD=[redacted] psql -c 'select 1'"],
  ["command mysqladmin --password=hunter2 ping", "command mysqladmin --password=[redacted] ping"],
  ["command mysqladmin --password hunter2 ping", "command mysqladmin --password [redacted] ping"],
  ["command curl --silent --fail http://admin:hunter2", "command curl --silent --fail http://[redacted]"],
] as const;

const loop = (text: string) => ({
  ...{ openedMs: 1_000, closedMs: null, restarts: 4, spanMs: 900, withinMs: 300_000, longestGapMs: 400 },
  cause: { code: "health-check" as const, text },
});

/** A service whose endpoint is asked so: the words stand wherever a snapshot has any. */
const standing = (words: string): ServiceSnapshot =>
  snapshot({
    reason: `${words} → 503`,
    loop: loop(`health check: ${words} → 503`),
    endpoint: { what: words, proven: false, lastOkMs: null, last: words, lastMs: null, retired: false, latency: null },
    diagnosis: { code: "unclear", what: words, proof: words, write: words, where: null },
  });

let folders = 0;
/** What the cloud is told of these events. */
function told(events: readonly NewEvent[]) {
  const journal = openGround(join(dir, `journal-${folders++}`));
  for (const event of events) journal.append(event);
  const telling = new Telling({ journal, hostTime: () => ({ nowMs: 1_000, upMs: 500, boot: "boot1" }) });
  return telling.next({ after: 0, limit: 200, omits: true });
}

it.each(WORDS)("of %s no event tells the secret to the cloud", (words, shown) => {
  const events = told([
    { kind: "flip", snapshot: standing(words) },
    { kind: "notice", service: "web", code: "endpoint-regressed", text: `${words} → 503: it answered before` },
    { kind: "restart", service: "web", planned: false, why: words },
    { kind: "loop-opened", service: "web", loop: loop(words), exit: null, lastLines: [words] },
    { kind: "loop-closed", service: "web", loop: loop(words) },
    { kind: "command", command: "c1", step: "done", detail: words },
  ]);
  expect(JSON.stringify(events)).not.toContain("hunter2");
  expect(events).toMatchObject([
    { snapshot: standing(shown) },
    { text: `${shown} → 503: it answered before` },
    { why: shown },
    { loop: loop(shown), lastLines: [shown] },
    { loop: loop(shown) },
    { detail: shown },
  ]);
});

it.each(WORDS)("of %s hello does not tell the secret either", (words, shown) => {
  const hello = helloOf({
    ...{ awakeMs: () => 1, runId: "run1", journal: openGround(join(dir, `journal-${folders++}`)) },
    spec: () => ({ cloud: null, remote: [], profiles: [], services: [] }),
    supervisor: {
      snapshots: () => [standing(words)],
      ask: () => Promise.reject(new Error("not asked")),
      look: () => Promise.reject(new Error("not asked")),
    },
  });
  expect(hello.services).toEqual([standing(shown)]);
});

it("what stands for many short secrets is within the wire's bounds, and what has none is told as it is", () => {
  const many = "pwd=a ".repeat(83);
  const within = standing(many.slice(0, 200));
  const events = told([
    { kind: "flip", snapshot: { ...within, reason: many } },
    { kind: "notice", service: "web", code: "port-conflict", text: many },
    { kind: "flip", snapshot: standing("GET /health") },
  ]);
  for (const event of events ?? []) expect(v.safeParse(journalEvent, event).success).toBe(true);
  expect(events?.[2]).toMatchObject({ snapshot: standing("GET /health") });
  expect(v.safeParse(serviceSnapshot, standing("GET /health")).success).toBe(true);
});

it("a private key in a log is hidden in its last lines, also where it begins before what is read", () => {
  const path = join(dir, "web.log");
  const line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDmHnJ0Pq2fabcd\n";
  const key = `-----BEGIN PRIVATE KEY-----\n${line.repeat(20)}c2hvcnQ=\n-----END PRIVATE KEY-----\n`;
  writeFileSync(path, `before\n${key}after\n`);
  expect(lastLines(path, 20)).toEqual(["before", "[redacted]", "after"]);
  writeFileSync(path, `${key}${"x".repeat(400)}\n`.padEnd(16 * 1024 + 100, "y z "));
  expect(lastLines(path, 20).join("\n")).not.toContain("MII");
});
