import type { AgentMessage, CloudMessage, JournalEvent } from "../src/wire.ts";
import { loop, snapshot } from "./service-snapshot.ts";

/** One of every message that agent and Worker say to each other, as they look on the wire. */

const atMs = 1_795_506_483_510;
const service = "aurora-backend";
const exit = { code: null, signal: "SIGKILL", atMs, ranMs: 812 };

export const eventSamples: { [K in JournalEvent["kind"]]: Extract<JournalEvent, { kind: K }> } = {
  "agent-started": { kind: "agent-started", seq: 1, atMs, runId: "5f1d", version: "0.1.0" },
  "agent-stopped": { kind: "agent-stopped", seq: 2, atMs, planned: true },
  flip: { kind: "flip", seq: 3, atMs, snapshot: snapshot({ needs: ["db"] }) },
  exited: { kind: "exited", seq: 4, atMs, service, exit },
  restart: { kind: "restart", seq: 5, atMs, service, planned: false, why: "killed by signal 9 (SIGKILL) after 0.8 s" },
  "loop-opened": { kind: "loop-opened", seq: 6, atMs, service, loop: loop(atMs), exit, lastLines: ["boom"] },
  "loop-closed": { kind: "loop-closed", seq: 7, atMs, service, loop: loop(atMs, atMs + 60_000) },
  notice: { kind: "notice", seq: 8, atMs, service, code: "endpoint-unproven", text: "the health check looks wrong" },
  command: {
    kind: "command",
    seq: 9,
    atMs,
    command: "c1",
    step: "running",
    detail: "",
    verb: "restart",
    service,
    by: "Anna",
  },
  removed: { kind: "removed", seq: 10, atMs, service },
  omitted: {
    ...{ kind: "omitted", seq: 40, atMs, from: 11, fromMs: atMs - 60_000, why: "storm" },
    ...{ counts: { exited: 15, restart: 15 }, services: [{ name: service, exits: 15, restarts: 15 }] },
  },
};

export const agentSamples: { [K in AgentMessage["type"]]: Extract<AgentMessage, { type: K }> } = {
  hello: {
    type: "hello",
    protocol: 1,
    agent: { version: "0.1.0", node: "v24.21.0" },
    ...{ journalId: "j1", bootId: "b1", runId: "r1" },
    host: { name: "web-1", os: "Debian GNU/Linux 12 (bookworm)", arch: "x64", cpus: 2, memoryBytes: 4_294_967_296 },
    remote: ["restart"],
    ...{ firstSeq: 1, lastSeq: 10, clockMs: atMs },
    services: [snapshot()],
  },
  events: { type: "events", events: [eventSamples.exited, eventSamples.restart] },
  beat: { type: "beat", journalId: "j1", runId: "r1", lastSeq: 10 },
  claim: { type: "claim", command: "c1" },
  measures: {
    type: "measures",
    services: [{ name: service, cpu: 0.31, memoryBytes: 57_671_680, threads: 11, openFiles: null }],
  },
  sample: {
    ...{ type: "sample", hourMs: 1_795_503_600_000, coveredMs: 3_540_000 },
    services: [
      {
        ...{ name: service, cpuMean: 0.02, cpuMax: 1.4, memoryMeanBytes: 57_671_680, memoryMaxBytes: 60_817_408 },
        ...{ p50Ms: 3, p95Ms: null },
      },
    ],
  },
  tail: { type: "tail", command: "c1", lines: ["listening on 5001", "GET /health 404"] },
  bye: { type: "bye", planned: true },
};

export const cloudSamples: { [K in CloudMessage["type"]]: Extract<CloudMessage, { type: K }> } = {
  welcome: { type: "welcome", protocol: 1, held: 10, recorded: 8, heartbeatMs: 30_000, clockMs: atMs },
  ack: { type: "ack", held: 10, recorded: 10 },
  stream: { type: "stream", everyMs: 5_000 },
  sampled: { type: "sampled", hourMs: 1_795_503_600_000 },
  command: { type: "command", id: "c1", verb: "restart", service, by: "Anna", expiresInMs: 60_000 },
  grant: { type: "grant", command: "c1", expiresInMs: 59_000 },
  deny: { type: "deny", command: "c1", why: "this command expired before it was claimed" },
  error: { type: "error", code: "busy", text: "send the rest in a minute" },
};
