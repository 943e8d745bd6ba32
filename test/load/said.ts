import type { ServiceSnapshot } from "@afloat/shared/domain";
import { type Hello, PROTOCOL } from "@afloat/shared/wire";

/** What simulated agents say, in the wire's own words. */

/** A hello like an agent's, of a machine without services. */
export function helloOf(more: Partial<Hello>): Hello {
  return {
    type: "hello",
    protocol: PROTOCOL,
    agent: { version: "0.1.0", node: "v24.0.0" },
    ...{ journalId: "raw", bootId: "rawboot", runId: "rawrun" },
    host: { name: "raw", os: "Linux", arch: "x64", cpus: 1, memoryBytes: 1 },
    ...{ remote: ["restart"], firstSeq: 0, lastSeq: 0, clockMs: Date.now(), services: [] },
    ...more,
  };
}

/** A service that answers, as long as it is up. */
export function upSnapshot(name: string, restarts: number, nowMs: number): ServiceSnapshot {
  return {
    ...{ name, desired: "run", paused: null, state: "up", verdict: "healthy", reasonCode: "endpoint-ok" },
    ...{ reason: "the endpoint answered 200", sinceMs: nowMs, pid: 4711 + restarts, port: 5001, restarts },
    ...{ upSinceMs: nowMs, nextTryMs: null, loop: null, lastExit: null, diagnosis: null },
    endpoint: { what: "GET /health", proven: true, lastOkMs: nowMs, last: "200", lastMs: 3, retired: false },
  };
}

/** The same after it exited. */
export function downSnapshot(name: string, restarts: number, nowMs: number): ServiceSnapshot {
  return {
    ...upSnapshot(name, restarts, nowMs),
    ...{ state: "waiting", verdict: "down", reasonCode: "exited", reason: "exited with code 3, restarting in 1 s" },
    ...{ pid: null, upSinceMs: null, nextTryMs: nowMs + 1_000 },
    lastExit: { code: 3, signal: null, atMs: nowMs, ranMs: 200 },
  };
}

/** The same while it is restarted again and again. */
export function loopingSnapshot(name: string, restarts: number, nowMs: number): ServiceSnapshot {
  return { ...downSnapshot(name, restarts, nowMs), reason: "restarting in a loop", loop: loopOf(restarts, nowMs) };
}

/** A loop that opened now. */
export function loopOf(restarts: number, nowMs: number): NonNullable<ServiceSnapshot["loop"]> {
  const cause = { code: "exit-code" as const, text: "exits with code 3 within 0.3 s of every start" };
  return { openedMs: nowMs, closedMs: null, restarts, spanMs: 900, withinMs: 300_000, longestGapMs: 400, cause };
}
